export class HttpError extends Error {
  constructor(status, message, slug) {
    super(message);
    this.status = status;
    this.slug = slug;
  }
}

export const notFound = () => new HttpError(404, 'Not found', 'not_found');
export const forbidden = () => new HttpError(403, 'Your role may not do this', 'forbidden');
export const invalid = (message) => new HttpError(422, message, 'invalid');
export const conflict = (message, slug) => new HttpError(409, message, slug);
