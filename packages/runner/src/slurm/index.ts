export { type ElementState, SlurmError } from './client.ts';
export {
  cancelSubmission,
  type Element,
  elementOf,
  queued,
  type SlurmOptions,
  STOPPED,
  type Submission,
  submissions,
  submitCells,
} from './submission.ts';
