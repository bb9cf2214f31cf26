import { type Server, status } from '@grpc/grpc-js';
import {
  type HealthServer,
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@my-app/proto/health/v1/health';
import type { Readiness } from '../../runtime/readiness.ts';

/**
 * Adds grpc.health.v1 for the named services, and for the server as a whole, which is ''. Each is
 * SERVING while the process is ready. Own code for the reasons given at addReflection.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function addHealth(server: Server, services: string[], readiness: Readiness): void {
  const names = ['', ...services];
  const statusOf = (name: string): ServingStatus => {
    if (!names.includes(name)) return ServingStatus.SERVICE_UNKNOWN;
    return readiness.reason === null ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  const watchers = new Set<() => void>();
  readiness.onChange(() => {
    for (const tell of watchers) tell();
  });
  const health: HealthServer = {
    check({ request: { service } }, callback) {
      if (names.includes(service)) callback(null, { status: statusOf(service) });
      else callback({ code: status.NOT_FOUND, details: `service ${service} does not exist` });
    },
    list(_call, callback) {
      const statuses = names.map((name) => [name, { status: statusOf(name) }] as const);
      callback(null, { statuses: Object.fromEntries(statuses) });
    },
    watch(call) {
      const tell = (): void => {
        call.write({ status: statusOf(call.request.service) });
      };
      tell();
      watchers.add(tell);
      call.once('cancelled', () => watchers.delete(tell));
    },
  };
  server.addService(HealthService, health);
}
