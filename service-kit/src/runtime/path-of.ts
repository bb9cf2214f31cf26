/** The path of a request's URL: what people typed is in the query, which is neither matched nor logged. */
export const pathOf = (url: string): string => url.replace(/\?.*$/s, '');
