/** Treats a missing file as a value instead of an error. */

/** For `catch`: returns `value` if the file or a folder of its path does not exist. @throws any other error */
export function ifAbsent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) {
      return value;
    }
    throw error;
  };
}
