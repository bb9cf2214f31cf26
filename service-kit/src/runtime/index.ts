/** The parts that every service needs, whatever its protocols: settings, lifecycle, logs, metrics, traces. */
export type { AdminRoute } from './admin-server.ts';
export { configRows, describeConfig, misspelled, readConfig } from './config.ts';
export { InvalidArgument } from './invalid-argument.ts';
export { run } from './run.ts';
export { defineService, type Service } from './service.ts';
export { setting } from './setting.ts';
export { commonSettings } from './settings.ts';
