import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/.turbo/**', '**/.snippets/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // What the published packages run on has `node:buffer`, `node:crypto` and `node:zlib`, but not all that is global in Node. Nor do
    // they import anything else: scripts/checkPackage.mjs looks at what is packed.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/session-core/src/testing/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Buffer', message: "Import it from 'node:buffer'." },
        ...[
          'process',
          'global',
          'require',
          'module',
          '__dirname',
          '__filename',
          'setImmediate',
          'clearImmediate',
        ].map((name) => ({ name, message: 'Not every runtime has it.' })),
      ],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        __dirname: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
  },
  {
    files: ['examples/chatServer/page/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['document', 'window', 'location', 'fetch', 'matchMedia', 'queueMicrotask', 'EventSource'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
);
