/** The path of a URL, without the query, which may hold personal data and is not logged. */
export const pathOf = (url: string): string => url.replace(/\?.*$/s, '');
