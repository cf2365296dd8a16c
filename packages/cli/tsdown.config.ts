import { preset } from '../../tsdown.preset';

export default preset({ index: 'src/index.ts', main: 'src/main.ts' });
