import type { Options } from './commandLine';
import { openPlace, type Place } from './place';

/** Opens the place that the options name for as long as the action takes. */
export async function withPlace<T>(
  options: Options,
  action: (place: Place) => Promise<T>,
  open: (options: Options) => Promise<Place> = openPlace,
): Promise<T> {
  const place = await open(options);
  try {
    return await action(place);
  } finally {
    await place.close();
  }
}
