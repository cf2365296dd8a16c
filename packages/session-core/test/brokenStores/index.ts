import type { BrokenStores } from './brokenStore';
import { committing } from './committing';
import { forgetting } from './forgetting';
import { harnesses } from './harnesses';
import { operating } from './operating';
import { racing } from './racing';
import { reading } from './reading';
import { writing } from './writing';

export const brokenStores: BrokenStores = {
  ...reading,
  ...writing,
  ...committing,
  ...operating,
  ...forgetting,
  ...racing,
  ...harnesses,
};
