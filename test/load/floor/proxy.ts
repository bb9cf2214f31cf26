/** Baseline for Service B's proxy: @fastify/reply-from as in its README. */
import replyFrom from '@fastify/reply-from';
import fastify from 'fastify';

const { HTTP_PORT = '8012', SERVICE_A_HTTP_URL = 'http://localhost:8011' } = process.env;

const app = fastify();
app.register(replyFrom, { base: SERVICE_A_HTTP_URL });
app.get('/service_a/*', (request, reply) => reply.from(request.url.replace('/service_a', '')));
app.listen({ host: '127.0.0.1', port: Number(HTTP_PORT) });
