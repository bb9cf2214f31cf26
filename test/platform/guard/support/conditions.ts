import { get } from '@my-app/test-support/cluster/kubectl';

interface Conditioned {
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

/** `True`, or `False` and why: a condition of an object, e.g. `conditionOf('certificate/x', 'Ready')`. */
export async function conditionOf(object: string, type: string): Promise<string> {
  const { status } = await get<Conditioned>(object);
  const found = status?.conditions?.find((condition) => condition.type === type);
  return [found?.status, found?.reason, found?.message].join(' ');
}
