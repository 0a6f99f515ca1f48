declare const _default: import("@clce/experiments").Suite;
export default _default;
//# sourceMappingURL=fewshot.d.ts.map