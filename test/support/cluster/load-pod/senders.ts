import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { credentials, Metadata } from '@grpc/grpc-js';
import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';
import { channelOptions, targetOf } from '@my-app/service-kit/grpc/client';
import type { GrpcTarget, HttpTarget, Target } from './targets.ts';

/** Sends one request; rejects if it fails. */
export type Send = () => Promise<void>;

const timeoutMs = 10_000;

export function senderFor(target: Target): Send {
  return 'url' in target ? httpSender(target) : grpcSender(target);
}

/** Does not retry. */
function httpSender({ url, expect, connections }: HttpTarget): Send {
  const agent = new Agent({ keepAlive: connections === 'kept' });
  return () =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      get(url, { agent, signal }, async (response) => {
        const body = await text(response);
        if (response.statusCode === 200 && body.includes(expect)) resolve();
        else reject(new Error(`${response.statusCode} ${body}`));
      }).on('error', reject);
    });
}

/** A server that closes a connection because of its age rejects requests that arrive at that moment. */
const retryPolicy = {
  maxAttempts: 3,
  initialBackoff: '0.01s',
  maxBackoff: '0.1s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};

/** Uses the channel options of Service B, and gRPC's built-in retries instead of B's. */
function grpcSender({ grpc, expect }: GrpcTarget): Send {
  const client = new GreetingServiceClient(targetOf(grpc), credentials.createInsecure(), {
    ...channelOptions,
    'grpc.enable_retries': 1,
    'grpc.service_config': JSON.stringify({
      ...JSON.parse(String(channelOptions['grpc.service_config'])),
      methodConfig: [{ name: [{}], retryPolicy }],
    }),
  });
  return () =>
    new Promise((resolve, reject) => {
      const deadline = Date.now() + timeoutMs;
      client.greet({}, new Metadata(), { deadline }, (error, response) => {
        if (error) reject(error);
        else if (!response.message.includes(expect)) reject(new Error(response.message));
        else resolve();
      });
    });
}
