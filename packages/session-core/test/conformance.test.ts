import { conformanceCases } from '../src/testing';
import { memoryHarness } from './memoryHarness';

describe('MemoryStore', () => {
  for (const { name, run } of conformanceCases(memoryHarness())) test(name, run);
});
