import type { BrokenStores } from './brokenStore';
import { committing } from './committing';
import { compacting } from './compacting';
import { describing } from './describing';
import { forgetting } from './forgetting';
import { forking } from './forking';
import { harnesses } from './harnesses';
import { observing } from './observing';
import { operating } from './operating';
import { racing } from './racing';
import { reading } from './reading';
import { readingAfter } from './readingAfter';
import { writing } from './writing';

export const brokenStores: BrokenStores = {
  ...reading,
  ...readingAfter,
  ...writing,
  ...committing,
  ...compacting,
  ...operating,
  ...observing,
  ...describing,
  ...forking,
  ...forgetting,
  ...racing,
  ...harnesses,
};
