/** How tables with frames look. */

/** No colours, and no rules between rows: they double the height. */
export const plainTable = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};
