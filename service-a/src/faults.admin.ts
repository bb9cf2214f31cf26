import type { AdminRoute } from '@my-app/service-kit/runtime';
import Type from 'typebox';
import { Value } from 'typebox/value';
import type { Faults } from './faults.ts';
import { settings } from './settings.ts';

const { FAULT_DELAY_MS, FAULT_ERROR_RATE } = settings.properties;
const Body = Type.Object(
  { delay_ms: FAULT_DELAY_MS, error_rate: FAULT_ERROR_RATE },
  { additionalProperties: false },
);

/** GET and POST /faults on the admin port: reads and sets the faults of this pod. */
export function faultsAdmin(faults: Faults, enabled: boolean): AdminRoute {
  const state = () => {
    const { delayMs: delay_ms, errorRate: error_rate } = faults.current;
    return { status: 200, body: { delay_ms, error_rate } };
  };
  return {
    GET: state,
    POST(json) {
      if (!enabled) {
        return { status: 403, body: { status: 'set FAULTS_ENABLED=true to allow faults' } };
      }
      const body = Value.Default(Body, json);
      if (!Value.Check(Body, body)) {
        const [error] = Value.Errors(Body, body);
        const detail = `${error?.instancePath} ${error?.message}`.trim();
        return { status: 400, body: { status: 'bad request', detail } };
      }
      faults.set({ delayMs: body.delay_ms, errorRate: body.error_rate });
      return state();
    },
  };
}
