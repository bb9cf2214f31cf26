import {
  type GreetingServiceServer,
  GreetingServiceService,
} from '@my-app/proto/greeting/v1/greeting';
import { type UnaryOptions, unaryHandler } from '@my-app/service-kit/grpc';
import type { Faults } from './faults.ts';
import { greet } from './greeting.ts';

export { GreetingServiceService } from '@my-app/proto/greeting/v1/greeting';

/** greeting.v1.GreetingService */
export function greetingGrpc(faults: Faults, options: UnaryOptions): GreetingServiceServer {
  return {
    greet: unaryHandler(
      GreetingServiceService.greet,
      async ({ name }, call) => {
        if (faults.active) await faults.inject(call.signal);
        return { message: greet(name) };
      },
      options,
    ),
  };
}
