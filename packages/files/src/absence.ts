/** Files that are not there, where that is an answer and no error. */

/** For `catch`: the value, where a file or a folder on the way to it does not exist. @throws any other error */
export function ifAbsent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) {
      return value;
    }
    throw error;
  };
}
