/** Shared parts of the suites: the compared losses, and two recipes to which suites add budgets and batch sizes. */
/** The note on the table of a default preset. */
export declare const demonstration = "A demonstration in minutes; fuller tables and findings: results/README.md";
/** The losses of every comparison (docs/protocol.md). The first loss is the reference. */
export declare const losses: {
    name: string;
}[];
/** CE, CE + SupCon and CLCE: does CLCE beat CE, and do its hard negatives contribute? */
export declare const shortLosses: {
    name: string;
}[];
/** Recipe for a small network with random initial weights. Its learning rate was chosen on validation classes (docs/protocol.md). */
export declare const fromScratch: {
    optimizer: 'adamw';
    learningRate: number;
    learningRateRule: 'none';
    baseBatchSize: number;
    weightDecay: number;
    warmup: number;
    crop: boolean;
    horizontalFlip: boolean;
};
/** Recipe for fine-tuning BEiT-3 base, as far as the paper's recipe is known (docs/protocol.md). */
export declare const fineTuned: {
    optimizer: 'adamw';
    learningRate: number;
    learningRateRule: 'none';
    baseBatchSize: number;
    weightDecay: number;
    layerDecay: number;
    normalisation: 'inception';
    crop: boolean;
    horizontalFlip: boolean;
    dropPath: number;
    mixup: number;
    cutmix: number;
    microBatch: number;
};
//# sourceMappingURL=common.d.ts.map