import { preset } from '../../tsdown.preset';

export default preset({
  index: 'src/index.ts',
  encryption: 'src/encryption.ts',
  opentelemetry: 'src/opentelemetry.ts',
  moving: 'src/moving/index.ts',
});
