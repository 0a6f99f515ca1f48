export { type QueuedElement, SlurmError } from './client.ts';
export { type SlurmOptions, STOPPED } from './script.ts';
export {
  cancelSubmission,
  type Element,
  elementOf,
  queued,
  queueWatch,
  type Submission,
  submissions,
  submitCells,
} from './submission.ts';
