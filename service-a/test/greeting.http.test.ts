import { nameRule } from '@my-app/proto/greeting/v1/name';
import { send } from '@my-app/test-support/http';
import { type ServiceUnderTest, startServiceA } from '@my-app/test-support/services';
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, test } from 'vitest';

let a: ServiceUnderTest;
beforeAll(async () => {
  a = await startServiceA();
});

describe('GET /greeting', () => {
  test.each([
    ['', 'Hello from Service A!'],
    ['?name=Ada', 'Hello Ada, from Service A!'],
    ['?name=%20Ada+King%20', 'Hello Ada King, from Service A!'],
    ['?name=%E6%84%9B%E9%81%94', 'Hello 愛達, from Service A!'],
    ['?other=1', 'Hello from Service A!'],
  ])('%s', async (query, message) => {
    const answer = await send(`${a.http}/greeting${query}`);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(answer.json).toEqual({ message });
  });

  test.each(['?name=', '?name=%20', '?name=%00', `?name=${'x'.repeat(65)}`])(
    '%s is rejected with the name of the field',
    async (query) => {
      const answer = await send(`${a.http}/greeting${query}`);
      expect(answer).toMatchObject({
        status: 400,
        headers: { 'content-type': 'application/problem+json; charset=utf-8' },
      });
      expect(answer.json).toEqual({
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: `name ${nameRule}`,
        errors: [{ field: 'name', detail: nameRule }],
        request_id: answer.headers['x-request-id'],
      });
    },
  );

  test('two names are rejected', async () => {
    const answer = await send(`${a.http}/greeting?name=a&name=b`);
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toBe('querystring/name must be string');
  });

  test('HEAD has no body', async () => {
    expect(await send(`${a.http}/greeting`, { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
  });
});

test('the API is documented', async () => {
  const { json } = await send(`${a.http}/openapi.json`);
  expect(await new Validator().validate(json)).toMatchObject({ valid: true });
  expect(json.info).toMatchObject({ title: 'Service A' });
  expect(json.paths).toHaveProperty(['/greeting']);
  expect(json.paths['/greeting'].get.parameters[0].description).toContain(nameRule);
});
