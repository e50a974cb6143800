/** Product backends of a tenant, asked when a scanner bound to their product recognises somebody. */
import type { FailMode, LinkedServiceRecord } from '../../engine/records.ts';
import type { Breaker } from '../../engine/services/breaker.ts';
import type { HealthStatus } from '../../engine/services/health.ts';
import type { TenantCall } from '../calls.ts';
import type { Page, PageQuery } from './common.ts';

export interface CreateLinkedService {
  readonly productKey: string;
  readonly baseUrl: string;
  readonly authorizePath: string;
  readonly healthPath: string | null;
  readonly timeoutMs: number;
  readonly failMode: FailMode;
}

/** A service and how it is now. */
export interface LinkedServiceShown {
  readonly service: LinkedServiceRecord;
  readonly healthStatus: HealthStatus;
  readonly lastHealthCheckAt: number | null;
  readonly breaker: Breaker;
}

export interface LinkedServicesApi {
  /** The signing secret is shown here and nowhere else. */
  create(
    call: TenantCall,
    input: CreateLinkedService,
  ): Promise<{ readonly shown: LinkedServiceShown; readonly secret: string }>;
  list(call: TenantCall, query: PageQuery): Promise<Page<LinkedServiceShown>>;
  update(
    call: TenantCall,
    serviceId: string,
    input: Partial<CreateLinkedService>,
  ): Promise<LinkedServiceShown>;
  remove(call: TenantCall, serviceId: string): Promise<void>;
}
