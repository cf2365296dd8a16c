import { refused, type Fields } from './fields';

const BASE64 = /^[A-Za-z0-9+/=]+$/;

/** What only parts of the SDK for JavaScript have. */
const OWN_FIELDS = ['image', 'file', 'providerData', 'promptCacheBreakpoint'];

/** Whether it is a part of an item of the SDK for JavaScript already. */
export function isOwnPart(fields: Fields): boolean {
  return fields.peek('type') === 'audio' || OWN_FIELDS.some((name) => fields.peek(name) !== undefined);
}

/** A part of what a user or a tool says. */
export function contentOf(fields: Fields): object {
  if (isOwnPart(fields)) return fields.asItIs();
  const type = fields.peek('type');
  switch (type) {
    case 'input_text':
      return { type, text: fields.text('text'), ...promptCacheBreakpoint(fields), ...fields.rest() };
    case 'input_image':
      return imageOf(fields);
    case 'input_file':
      return fileOf(fields);
    case 'input_audio': {
      const audio = fields.object('input_audio');
      return { type: 'audio', audio: audio.text('data'), format: audio.text('format'), ...fields.rest() };
    }
    default:
      throw fields.unknown('type', type);
  }
}

function imageOf(fields: Fields): object {
  const url = fields.optionalText('image_url');
  const fileId = fields.optionalText('file_id');
  if (url === undefined && fileId === undefined)
    throw refused(`${fields.path} must have an image_url or a file_id`);
  return {
    type: 'input_image',
    image: url ?? { id: fileId },
    detail: fields.optionalText('detail'),
    ...promptCacheBreakpoint(fields),
    ...fields.rest(),
  };
}

function fileOf(fields: Fields): object {
  const data = fields.optionalText('file_data');
  const url = fields.optionalText('file_url');
  const fileId = fields.optionalText('file_id');
  if (data !== undefined && !data.startsWith('data:') && !BASE64.test(data)) {
    throw refused(`${fields.path}.file_data must be base64, or a URL that begins with data:`);
  }
  if (data === undefined && url === undefined && fileId === undefined) {
    throw refused(`${fields.path} must have file_data, a file_url or a file_id`);
  }
  return {
    type: 'input_file',
    file: data ?? (url === undefined ? { id: fileId } : { url }),
    filename: fields.optionalText('filename'),
    ...promptCacheBreakpoint(fields),
    ...fields.rest(),
  };
}

function promptCacheBreakpoint(fields: Fields): object {
  const breakpoint = fields.take('prompt_cache_breakpoint');
  return breakpoint === undefined ? {} : { promptCacheBreakpoint: breakpoint };
}
