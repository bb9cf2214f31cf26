import { GreetingServiceService } from '@my-app/proto/greeting/v1/greeting';
import { type GrpcService, grpcService } from '@my-app/service-kit/grpc/server';
import type { Faults } from './faults.ts';
import { greet } from './greeting.ts';

/** greeting.v1.GreetingService */
export function greetingGrpc(faults: Faults): GrpcService {
  return grpcService(GreetingServiceService, {
    async greet({ name }, call) {
      if (faults.active) await faults.inject(call.signal);
      return { message: greet(name) };
    },

    async *greetEach({ names }, call) {
      for (const [index, name] of names.entries()) {
        if (faults.active) await faults.inject(call.signal);
        yield { message: greet(name, `names[${index}]`) };
      }
    },
  });
}
