export { type ElementState, SlurmError } from './client.ts';
export {
  cancelSubmission,
  cellOfPlan,
  queued,
  type SlurmOptions,
  STOPPED,
  type Submission,
  submissions,
  submitCells,
} from './submission.ts';
