import { preset } from '../../tsdown.preset';

export default preset({
  index: 'src/index.ts',
  encryption: 'src/encryption/index.ts',
  moving: 'src/moving/index.ts',
  opentelemetry: 'src/opentelemetry/index.ts',
  store: 'src/store/index.ts',
  testing: 'src/testing/index.ts',
});
