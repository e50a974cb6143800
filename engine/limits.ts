/**
 * Every bound of the engine, in one place. Each has a unit in its name and a sentence saying why that number.
 * Bounds that a tenant or an operator may change are defaults here and say so.
 */
export const limits = {
  // --- HTTP -------------------------------------------------------------------------------------------
  /** JSON bodies without scans: the largest legitimate one (user metadata) is far below. */
  body_bytes_max: 1024 * 1024,
  /** Bodies and frames that carry scans: six raw 512 x 512 images in base64 fit. */
  scan_body_bytes_max: 4 * 1024 * 1024,
  /** Sustained requests a second of one client (default; per tenant configuration). */
  client_requests_per_s: 1_000,
  /** Requests one client may send at once after a pause (default). */
  client_requests_burst: 2_000,
  /**
   * Unauthenticated requests a second of one address. A whole site may stand behind one; what can be guessed has
   * limits of its own.
   */
  anonymous_requests_per_s: 200,
  anonymous_requests_burst: 1_000,
  /** How long a request may take from its first byte to its answer before it is answered 503. */
  request_deadline_ms: 10_000,
  /** A client that does not finish its headers in this time is cut off (slowloris). */
  headers_timeout_ms: 10_000,
  /** A client that does not finish its body in this time is cut off. */
  request_timeout_ms: 30_000,
  /** An idle connection stays open this long: longer than common clients and proxies keep theirs, so they close. */
  keep_alive_timeout_ms: 65_000,
  /** How often connections past one of these times are looked for. */
  connections_check_interval_ms: 2_000,
  /** Connections one listener holds; more are refused at accept. */
  connections_max: 20_000,
  /** Header section: larger than any browser sends, smaller than an attack needs. */
  header_bytes_max: 16 * 1024,
  /** Objects and arrays nested deeper than this in a body are refused: no shape of ours needs more than 8. */
  json_depth_max: 32,
  /** Objects and arrays in one frame, counted before parsing: nesting by the million costs memory in the parser. */
  json_containers_max: 4_096,
  /** Values in one body, counted at every depth: far above any shape of ours, far below a memory attack. */
  json_values_max: 50_000,
  /** Fields named in one validation error; a client fixes a few at a time. */
  validation_failures_shown_max: 32,
  /** Query string and path together; longer ones name no route of ours. */
  url_bytes_max: 8 * 1024,
  /** A client that takes nothing of its answer for this long is cut off: the slowest network moves a packet sooner. */
  answer_stall_ms: 20_000,
  /** After a refusal of what is no request the connection lingers so long, so that the refusal is read; then it is cut. */
  refused_linger_ms: 2_000,
  /** Answers waiting for one connection's reader, beyond the one it reads: pipelined ones of a client that reads none. */
  answers_unread_bytes_max: 1024 * 1024,
  /** The same over all connections of one listener; beyond it those who have waited longest are cut off. */
  answers_unread_all_bytes_max: 128 * 1024 * 1024,
  /** Bytes of an unwanted body read and thrown away so that the client sees its answer; then it is cut off. */
  body_discard_bytes_max: 16 * 1024 * 1024,
  /** Inspectors that follow actors at once: each costs one listing a second, and what it was told last. */
  event_streams_max: 16,
  /** From the end of one picture to the start of the next, so that a slow one is never followed at once. */
  event_stream_interval_ms: 1_000,
  /**
   * Rest after a picture as a multiple of what it took, most of which is waiting for turns, times the readers there
   * are: ten thousand actors come every second, a million every few seconds, and the loop has its time for others.
   */
  event_stream_rest: 10,
  /** Actors in one event: half a millisecond of JSON. */
  event_rows_max: 500,
  /** Bytes that a reader has not taken beyond which its next event waits: far from where it would be cut off. */
  event_bytes_waiting_max: 256 * 1024,
  /** How soon it is looked again whether it took them. */
  event_wait_ms: 20,
  /**
   * Console pages that watch at once: each costs a socket and a few hundred bytes. A browser opens six connections to
   * one place over HTTP/1.1, so the tabs of one session may hold fewer than that.
   */
  console_streams_max: 512,
  console_streams_per_tenant_max: 64,
  console_streams_per_session_max: 4,
  /** Changes gathered into one event: nobody sees a tenth of a second, and a busy tenant has hundreds in it. */
  console_stream_gather_ms: 100,
  /** Things named in one event; of more than that only the kinds are said, and pages read anew what they show. */
  console_stream_changes_max: 64,
  /** Shorter than what proxies cut off as idle; each sign of life also looks whether the session stands. */
  console_stream_heartbeat_ms: 15_000,
  /** Tenants whose shards have figures of their own in the metrics, the largest ones; the others are summed up. */
  metrics_shards_max: 20,
  /** Workers that do not answer in this time are left out of a scrape: it is needed most when they are stuck. */
  metrics_shards_wait_ms: 1_000,
  /** Ended spans that wait for the collector, some kilobytes each; more are dropped and counted. */
  trace_queue_max: 4_096,
  /** Spans in one export: half a megabyte, as SDKs of other languages send. */
  trace_batch_max: 512,
  /** A batch that does not fill up leaves after this, so that a trace is seen while somebody still looks for it. */
  trace_batch_wait_ms: 1_000,
  /** A collector that takes longer for one batch is given up: what waits behind it is worth more. */
  trace_export_timeout_ms: 5_000,
  /** What the end of the engine gives spans that still wait. */
  trace_close_ms: 1_000,
  /** How far the time of day of spans may be off before it is taken anew: less than people see between two machines. */
  trace_clock_drift_ms: 10,
  /** Actors in one reply of the ops listener, which is written as JSON in one turn: a millisecond or two. */
  actors_listed_max: 1_000,
  /** Shards, or connected scanners, in one reply of the ops listener; the total is said beside them. */
  window_rows_max: 1_000,
  page_size_max: 200,
  page_size_default: 50,
  /** Free-form `metadata` objects, as serialised JSON. */
  metadata_bytes_max: 16 * 1024,

  // --- Admission of calls, over REST and of scanners ---------------------------------------------------
  /** Calls under way at once that are never too many: one that computes while the other is being committed. */
  calls_under_way_min: 2,
  /** What it begins with after a pause, before anything is known about the calls that come. */
  calls_under_way_usual: 8,
  /** What the number of calls under way may rise to while they wait for others than this machine. */
  calls_under_way_max: 512,
  /**
   * What a call may wait for the main thread, a match worker and a commit together, on average, before fewer are let
   * in: as long as the work itself takes, and nothing that the person at the scanner sees.
   */
  queue_wait_ms: 20,
  /** The same while more comes than can be done. */
  queue_wait_pressed_ms: 1,
  /** How often those waits are looked at while there are calls. */
  call_limit_look_ms: 25,
  /** Calls that wait to be let in: what may come at once after a pause, as over 32 connections with four calls each. */
  calls_waiting_max: 256,
  /** How long one of them waits at most: far longer than so many take, and shorter than callers wait. */
  call_wait_ms: 5_000,
  /** The same for a tenant that asks for more than can be done: no longer than its answer takes anyway. */
  call_wait_pressed_ms: 5,
  /** For how long after a call was refused a tenant is taken to ask for more than can be done. */
  call_pressed_memory_ms: 5_000,
  /** The part of the time in which calls of all such tenants together are under way while others call. */
  calls_pressed_share: 1 / 4,
  /** The longest rest after one of those calls; one that takes as long waits for others than this machine. */
  call_rest_ms_max: 50,
  /** For how long after its call another tenant is taken to be there. */
  call_others_memory_ms: 5_000,
  /** Tenants, and networks without one, that are remembered for it: the latest. */
  call_others_max: 1_000,
  /** What callers who were refused are told to wait: by then most of what was under way is done. */
  call_refused_retry_ms: 100,

  // --- Scanner sockets --------------------------------------------------------------------------------
  /** Calls a second one scanner may make (default); a scanner under load makes one or two. */
  scanner_calls_per_s: 200,
  scanner_calls_burst: 400,
  /** Server pings; a scanner that misses two is gone. */
  heartbeat_s: 20,
  heartbeat_missed_max: 2,
  /** A frame with scans, with its header; larger is close code 1009. */
  frame_bytes_max: 4 * 1024 * 1024,
  /** Header part of a binary frame. */
  frame_header_bytes_max: 64 * 1024,
  /** A socket must send `session.open` this soon after its upgrade, or it is closed 4400. */
  session_open_timeout_ms: 10_000,
  /** TLS handshakes that take longer are cut. */
  handshake_timeout_ms: 10_000,
  /** Calls of one scanner under way at once; more are answered `engine_busy`. */
  scanner_calls_in_flight_max: 32,
  /** Over how long scanners spread their return after a restart; told to them by the protocol's page. */
  reconnect_jitter_ms: 5_000,
  /** Bytes waiting in one socket's send buffer before a slow reader is cut off. */
  socket_buffer_bytes_max: 1024 * 1024,
  /** Payload bytes of one scanner's calls under way; beyond it reading from its socket pauses until one ends. */
  scanner_bytes_in_flight_max: 8 * 1024 * 1024,
  /** A JSON-RPC id of the scanner's choosing, which we keep and echo. */
  scanner_call_id_length_max: 64,
  /** Fragments of one WebSocket message; a 4 MiB frame in pieces of 16 KiB needs 256. */
  frame_fragments_max: 1_024,
  /** Why a device rejects a challenge, in words; it is stored and shown. */
  reject_reason_length_max: 256,
  /** Resolution of the one timer that all scanner sockets share. */
  scanner_wheel_tick_ms: 1_000,
  /** A peer that does not answer our close frame in this time is cut off. */
  scanner_close_timeout_ms: 5_000,
  /** In a drain, the time scanners have to answer their close frames. */
  scanner_drain_grace_ms: 1_000,
  /** TLS handshakes computed at once: about a second of one core, so each still ends within its time. */
  handshakes_at_once_max: 512,
  /** Longest wait of a connection for its handshake to begin: as long as scanners are asked to be patient. */
  handshake_wait_ms: 60_000,
  /** Connections waiting for their handshake to begin; a reconnect storm of this size is served in turn. */
  handshakes_waiting_max: 8_192,

  // --- Actors -----------------------------------------------------------------------------------------
  /** Messages waiting at one actor; beyond it senders get `engine_busy`. */
  mailbox_depth_max: 1_024,
  /** Messages one actor handles in one event-loop turn, so that a hot one neither starves nor starves others. */
  mailbox_batch_max: 64,
  /** Restarts of one actor within the window before it is stopped and its key refused for the back-off. */
  actor_restarts_max: 5,
  actor_restart_window_ms: 60_000,
  actor_restart_backoff_ms: 50,
  actor_restart_backoff_max_ms: 5_000,
  /** An idle actor leaves memory after this; it comes back from its snapshot. */
  actor_idle_ms: 300_000,
  /** A challenge that is over answers repeats from memory this long, then from its row. */
  challenge_idle_ms: 30_000,
  /** Messages kept for one key while its actor is being loaded. */
  activation_queue_max: 1_024,
  /** Actors in memory on one node; at 2 to 3 KB each this is 3 GB, beyond it new keys get `engine_busy`. */
  actors_live_max: 1_000_000,
  /** Activations loading at once: more would only queue inside PostgreSQL's connections. */
  activations_in_flight_max: 256,
  /** A load that takes longer fails its waiting askers with `unavailable`. */
  activation_timeout_ms: 10_000,
  /** Effects under way of one actor; further ones come back as `engine_busy` without being started. */
  actor_effects_max: 4_096,
  /** A restart waits this long for effects of the crashed incarnation, so that `load` sees what they commit. */
  actor_effect_settle_ms: 10_000,
  /** How long an operator's passivation or restart of an actor may take before it is answered as not done. */
  actor_operation_ms: 10_000,
  /** Actors looked at in one turn by the sweep for idle ones: about a tenth of a millisecond. */
  idle_sweep_batch_max: 1_000,
  /**
   * Actors looked at in one turn by whoever looks at all of them, to list some or to sum up: some tenths of a
   * millisecond, mostly of memory.
   */
  actors_looked_at_max: 1_000,
  /** Actors one inspection list may show: what the inspector page has on screen. */
  actor_list_max: 10_000,
  /** Waiting messages whose types an inspected actor shows; its depth says how many more there are. */
  mailbox_shown_max: 32,
  /** Dead letters kept for inspection; counting goes on beyond it. */
  dead_letters_kept_max: 256,
  /** Transitions kept per actor for inspection. */
  transitions_kept_max: 16,
  /** Snapshots: changes within this time are written once. */
  snapshot_coalesce_ms: 50,
  snapshot_bytes_max: 1024 * 1024,
  /** Snapshot writes under way at once over all actors; enough to fill a pipeline, few enough to bound memory. */
  snapshot_writes_in_flight_max: 256,
  /** A snapshot write that takes longer counts as failed; a cache that hangs must not pin actors in memory. */
  snapshot_write_timeout_ms: 5_000,
  /** A snapshot read that takes longer is given up and the actor loads from PostgreSQL alone. */
  snapshot_read_timeout_ms: 1_000,
  /** Snapshots a cache keeps after their last write; an actor away for longer loads from PostgreSQL. */
  snapshot_ttl_s: 7 * 24 * 3600,
  /** Snapshots on their way to the cache; beyond it a put is refused, and the next change brings a newer one. */
  snapshot_pending_max: 4_096,
  /** Snapshots written by one statement. */
  snapshot_batch_max: 128,
  /** A cache that takes longer to answer is as good as gone: PostgreSQL has everything. */
  snapshot_timeout_ms: 1_000,

  // --- Storage ----------------------------------------------------------------------------------------
  /** Connections to PostgreSQL of one node: more than the cores keep busy only queue inside the server. */
  database_connections_max: 10,
  /** Of its own for transactions of several statements: batches of busy tenants, which wait for the disk together. */
  database_transactions_max: 6,
  /** A new engine waits this long for the one before to leave the database: longer than a drain takes. */
  database_lock_wait_ms: 15_000,
  /** A statement that takes longer is cancelled by the server, so that a stuck disk answers 503. */
  statement_timeout_ms: 8_000,
  /** A statement without an answer for longer than the server itself lets it run: its connection counts as lost. */
  statement_silence_ms: 10_000,
  /** A commit that takes longer waits for a server that is away, not for a busy machine: it says nothing about load. */
  commit_unanswered_ms: 500,
  /** A commit that could not start within this time is answered `unavailable`. */
  commit_wait_ms: 5_000,
  /** The same while the engine starts: nobody waits for an answer yet, and an overloaded machine gets there late. */
  database_start_wait_ms: 60_000,
  /** A server that takes longer than this to answer nothing is `slow`; one that takes longer than the next is `down`. */
  database_slow_ms: 250,
  database_health_ms: 1_000,
  /** Commands committed together for one tenant. */
  group_commit_max: 64,
  /** Commands of one tenant waiting for their commit; beyond it callers get `engine_busy`. */
  commit_queue_max: 2_048,
  /** Tenants whose log heads are kept in memory; the longest unused is read again when it is next needed. */
  commit_lanes_max: 10_000,
  /** Unwrapped subject keys kept in memory; unwrapping one takes some ten microseconds. */
  subject_keys_cached_max: 16_384,
  /** Tenants whose name in the key file is kept in memory: it is asked for with every value that is opened. */
  tenant_key_names_max: 16_384,
  /** Keys of tenants put under a new master key between two writes to disk: a kill repeats at most so many. */
  key_change_batch: 256,
  /** Templates re-issued in one commit: each takes a few tenths of a millisecond of the main thread, and others wait. */
  reissue_page_max: 10,
  /** Rows read between commits by any long read. */
  read_page_max: 500,
  /**
   * Rows opened for one page of a search in what is sealed, or of an order by it. Others have their turn in between;
   * such a search by a piece of a name took 16 to 19 s of a busy machine's time at this many rows.
   */
  opened_rows_max: 100_000,
  /** Rows opened in one turn: four values of ten microseconds each, so that a turn ends within two milliseconds. */
  opened_rows_per_turn: 50,
  /** Rows put in order in one turn, of a quarter of a microsecond each. */
  merged_rows_per_turn: 4_000,
  /** How long a commit mark is kept to resolve a COMMIT of unknown outcome. */
  commit_mark_ttl_ms: 3_600_000,
  /** Embedded PostgreSQL: how long a start, a recovery after SIGKILL included, may take. */
  embedded_start_timeout_ms: 60_000,
  /** Embedded PostgreSQL: an engine that started a server takes its lock in milliseconds; after this it is not one. */
  embedded_patience_ms: 5_000,
  /** Embedded PostgreSQL: connections it takes, with room for the lock, `thenar admin` and a curious psql. */
  embedded_connections_max: 30,
  /**
   * Embedded PostgreSQL: wait before one that does not start, or went away again, is started anew; doubles up to the
   * maximum. It is never given up: a disk that is full will be cleared. At once when it had run for the third.
   */
  embedded_retry_ms: 100,
  embedded_retry_max_ms: 5_000,
  embedded_healthy_ms: 60_000,
  /** Embedded PostgreSQL: a fast shutdown that takes longer becomes an immediate one, which loses nothing either. */
  embedded_stop_ms: 6_000,

  // --- Identity ---------------------------------------------------------------------------------------
  tenant_users_cached_max: 50_000,
  /** Challenges waiting on one device at once; a scanner serves one person at a time. */
  challenges_pending_per_device_max: 64,
  challenge_life_enrol_s: 3_600,
  challenge_life_verify_s: 300,
  challenge_life_min_s: 10,
  challenge_life_max_s: 7 * 24 * 3600,
  /** Technical failures (quality, wrong hand) before a challenge fails. */
  challenge_attempts_max: 3,
  /** Scans in one enrolment: three of each hand recommended, a few more tolerated. */
  scans_per_enrolment_max: 12,
  /** Enrolments and erasures of one tenant waiting for their turn. */
  enrolment_queue_max: 256,
  /** First enrolments of one tenant under way together: each is compared exactly with those before it. */
  enrolments_at_once_max: 32,
  /** Stored samples a palm. */
  templates_per_palm_max: 6,
  /** Changes of one device's row waiting for the one before; twice as many when operators shut it out. */
  device_changes_waiting_max: 64,
  idempotency_key_bytes_max: 128,
  idempotency_life_ms: 24 * 3600 * 1000,
  /**
   * Acknowledged pushes stay in their table this long: until then a replay would only repeat them, and what comes
   * within the time costs one commit and not one each.
   */
  device_flush_ms: 1_000,
  /** Devices of one tenant whose time comes within this do it together, in one commit of the group. */
  device_flush_together_ms: 125,
  /** When devices were seen is written this much later, together: it is shown to people, who do not see a second. */
  last_seen_write_ms: 1_000,
  /** Devices in one such statement; a chain of a thousand shops returns in two. */
  last_seen_batch_max: 500,
  /**
   * That a challenge was presented or accepted is written this long after, unless its end has been written by then:
   * a person who stands before the scanner shows a palm sooner, and saves the commit.
   */
  presentation_write_ms: 2_000,
  /** Pushes kept for a device that is away; the oldest are dropped and `pending` stays the truth. */
  device_outbox_max: 256,
  /**
   * A scanner that was seen last within this time of a change of settings is told again: it may have gone between the
   * decision and the end of a slow commit.
   */
  configuration_told_ms: 60_000,

  // --- Secrets that can be guessed --------------------------------------------------------------------
  pairing_code_life_s: 1_800,
  /** Wrong tries before a code is dead. */
  code_attempts_max: 5,
  /** Failed logins or codes per target before it is locked. */
  login_failures_max: 10,
  login_lock_ms: 15 * 60 * 1000,
  /** Wrong pairing codes per address and minute, and over the whole deployment per minute. */
  pairing_guesses_per_address_per_min: 20,
  pairing_guesses_per_min: 300,
  /** Wrong passwords, codes and client secrets from one address within `login_lock_ms`; a whole office may sit behind it. */
  sign_in_failures_per_address_max: 1_000,
  /** Wrong secrets of one client from one address within `login_lock_ms`: somebody is trying out a new deployment. */
  client_secret_failures_per_address_max: 100,
  /** Guesses that wait for others from the same address to be looked at: a site that pairs all of its scanners at once. */
  guesses_waiting_max: 1_000,
  /** Wrong operator tokens from one address; whoever knows the token sends none. */
  operator_guesses_per_s: 1,
  operator_guesses_burst: 60,
  /** Argon2 computations at once: each takes 19 MiB and a thread. */
  password_hashes_at_once: 2,
  password_hashes_queued_max: 64,
  access_token_life_s: 3_600,
  console_session_life_s: 12 * 3600,
  /** A signing key signs this long, and verifies one token life longer. */
  signing_key_life_s: 30 * 24 * 3600,
  clock_skew_s: 5,
  /** Pace of the engine's time while the machine's clock, set back, catches up: lives are at most a ninth longer. */
  clock_slew_pace: 0.9,
  /** A machine's clock that goes further ahead at once was set, or the machine slept; less is a correction. */
  clock_leap_ms: 60_000,
  /** It must have stayed there this long before anything is erased by it: time for a mistake to be put right. */
  clock_leap_believed_ms: 3_600_000,
  /** A machine's clock that is further behind what it said before is told in readiness. */
  clock_behind_told_ms: 1_000,
  /** A signing key is in the JWKS this long before it signs, so that every cached copy has it by then. */
  signing_key_publish_s: 24 * 3600,
  /** RS256 keys live a month, for which this is ample; longer ones would slow every verification down. */
  signing_key_rsa_bits: 2_048,
  /** Compact JWTs; ours are below 2 KiB, and a header section holds no more than twice this. */
  token_bytes_max: 8 * 1024,
  /** Verified tokens kept in memory, about 600 bytes each: as many as clients are active in one token life. */
  token_cache_max: 20_000,
  /** Clients deleted within one token life whose tokens must be refused from memory. */
  revoked_clients_max: 100_000,
  /** Longer passwords are refused: they cost hashing time and add nothing. */
  password_bytes_max: 1_024,
  /** A lock doubles with each further failure up to this. */
  login_lock_max_ms: 24 * 3600 * 1000,
  /** Keys (clients, addresses, scanners) whose rate is tracked at once; the longest unused one is forgotten. */
  rate_keys_max: 100_000,

  // --- PKI --------------------------------------------------------------------------------------------
  ca_validity_days: 3_650,
  /** Defaults of the device policy. */
  device_certificate_validity_days: 90,
  device_certificate_renewal_window_days: 30,
  /** After a renewal the old certificate is denied at the latest after this. */
  certificate_overlap_ms: 10 * 60 * 1000,
  csr_bytes_max: 16 * 1024,
  /** PKCS#12 uploads: a key and a long chain are a tenth of it. */
  pkcs12_bytes_max: 64 * 1024,
  /** Rounds by which a PKCS#12 file's password is stretched: its maker chose them, and they run on the main thread. */
  pkcs12_iterations_max: 50_000,
  /** Device keys: below, RSA is weaker than the platform's own curve; above, verifying one only burns time. */
  rsa_key_bits_min: 3_072,
  rsa_key_bits_max: 8_192,
  /** Certificates and revocation lists are valid from a little before their issue, for clocks that run behind. */
  certificate_backdate_s: 300,
  /** Longest validity of the device listener's own certificate; it is made anew long before at every start. */
  server_certificate_validity_days: 397,
  /** Device certificates known to one node, about 600 bytes each. */
  certificates_in_memory_max: 1_000_000,
  /** Entries of a revocation list written before others get their turn: about two milliseconds. */
  crl_entries_per_turn: 500,
  /** Certificates looked at by one sweep for expired ones, so that a sweep never holds up the event loop. */
  certificate_sweep_max: 2_000,
  crl_validity_s: 24 * 3600,
  crl_refresh_s: 3_600,
  /** Copies of revocation lists, OCSP answers and CA certificates that proxies keep are this old at most. */
  published_age_max_s: 300,
  /** Certificates that one device may get by renewal in a day; it needs one in two months, and each stays known. */
  certificate_renewals_per_day_max: 24,
  /** OCSP requests: one for several certificates of a chain, with a nonce and a signature, is a quarter of it. */
  ocsp_request_bytes_max: 4_096,
  /** Certificates asked about in one OCSP request; clients ask about one. */
  ocsp_certificates_max: 8,
  /** RFC 9654, section 2.1: longer nonces are refused, so that nobody has us sign what they like. */
  ocsp_nonce_bytes_max: 128,
  /** An OCSP answer may be shown for this long; a revoked scanner is refused by the engine itself at once. */
  ocsp_validity_s: 3_600,
  /** Answers kept signed, about 1.5 kB each. */
  ocsp_answers_kept_max: 4_096,
  /** OCSP answers signed a second, about a third of a millisecond each; beyond, kept ones or `tryLater` are given. */
  ocsp_answers_per_s: 200,
  /** Of them for one address, so that a flood from one leaves signatures for others. */
  ocsp_answers_per_address_per_s: 20,
  /** The certificate that OCSP answers are signed with; made anew at every start and when half of it is over. */
  ocsp_signer_validity_days: 14,

  // --- Matching ---------------------------------------------------------------------------------------
  /** Images larger than this on a side are refused before decoding (decompression bombs). */
  image_side_max: 2_048,
  image_side_min: 32,
  /** Candidates the index hands to exact comparison. */
  shortlist: 20,
  /** Candidates compared when nobody on the shortlist stands out: a millisecond more for strangers and unlucky scans. */
  shortlist_wide: 200,
  /**
   * Fused score that a palm's nearest sample must reach before its others are compared, in 1:N and once another palm
   * stands out. Half of the palms on a shortlist are below it, and of 3,260 scans of hard synthetic palms none of its own.
   */
  identify_other_samples_min: 0.65,
  /**
   * Templates of one hand up to which a shard is scanned instead of searched by graph. At 1,000,000 the scan took 7 ms
   * in the `identify` bench, less than a graph of 100,000 with the recall asked for.
   */
  flat_max: 1_000_000,
  /** Palm templates of one tenant on this node. */
  shard_templates_max: 2_000_000,
  /** Share of the machine's or container's memory that loaded shards may take; the rest is everything else's. */
  shard_memory_share: 0.5,
  /** Tasks waiting at one worker; beyond it callers get `engine_busy`. */
  worker_queue_max: 1_024,
  /** Those of one tenant: one that floods its worker leaves room for the others, who take turns with it. */
  worker_tenant_queue_max: 256,
  /** A worker that does not answer a task this long after its deadline is replaced. */
  worker_hang_ms: 10_000,
  /** At the end a worker may finish what it has: the longest task, an enrolment's extraction, takes a fraction of it. */
  worker_finish_ms: 3_000,
  /** Tasks handed to a worker at once: one it works on and one that waits there, so that it never idles. */
  worker_in_flight: 2,
  /** Foreground tasks of one worker after which one background slice runs even though more are waiting. */
  worker_background_share: 16,
  /** Wait before a worker that died is started again; doubles while it keeps dying, up to the maximum. */
  worker_restart_backoff_ms: 50,
  worker_restart_backoff_max_ms: 5_000,
  /** A worker that lived this long was healthy: the next restart is immediate again. */
  worker_healthy_ms: 30_000,
  /** How long loading, feeding or saving may wait for one answer of its worker, queueing included. */
  worker_task_ms: 30_000,
  /** One slice of loading, saving or index building: what a search may have to wait for. */
  shard_slice_ms: 4,
  /** Requests waiting for one tenant's shard to load; beyond it callers get `engine_busy`. */
  shard_waiters_max: 256,
  /** Committed entries kept for a shard that is behind; beyond it they are read from the log. */
  shard_inbox_max: 4_096,
  /** Workers lost in a row while loading one shard file, until it counts as damaged and the log is read instead. */
  shard_load_attempts: 2,
  /** Tries to write a shard file that somebody waits for. */
  shard_save_attempts: 3,
  /** Stored vectors searched for one recall sample, and how often one is taken. */
  recall_sample_probes: 4,
  recall_sample_interval_ms: 60_000,
  /**
   * Fused score that samples of one hand in one enrolment must reach with each other. Below every pair of hard
   * synthetic samples (0.717 and more), above 99 in 100 pairs of different palms.
   */
  enrolment_consistency_min: 0.67,
  /** A match task's time from request to answer, queueing included. */
  match_deadline_ms: 5_000,
  /** Two palms of different people closer than this in fused score are not told apart. */
  identify_margin: 0.01,
  /** Shard files are rewritten after this many changes, or this long after the first. */
  shard_save_changes: 5_000,
  shard_save_interval_ms: 60_000,

  // --- Webhooks ---------------------------------------------------------------------------------------
  webhook_timeout_ms: 10_000,
  webhook_attempts_max: 10,
  webhook_backoff_ms: 5_000,
  webhook_backoff_max_ms: 6 * 3600 * 1000,
  /** Each wait may be this much longer than the one before: ten attempts then span most of a day of outage. */
  webhook_backoff_factor: 4,
  /** No retry follows its attempt faster than this, whatever the jitter says. */
  webhook_backoff_min_ms: 1_000,
  /** Idle connections to endpoints are closed after this. */
  webhook_keep_alive_ms: 30_000,
  webhook_url_bytes_max: 2_048,
  webhook_api_key_bytes_max: 512,
  /** Receivers refuse signatures older than this (Standard Webhooks); used by the simulator and tests. */
  webhook_signature_tolerance_s: 300,
  webhook_in_flight_per_endpoint_max: 8,
  /** Of all endpoints: those that hang, eight of each address for ten seconds, must leave room for the others. */
  webhook_in_flight_max: 1_024,
  webhook_response_bytes_max: 64 * 1024,
  /** Events whose bodies are kept in memory for their first attempts: a few seconds' worth, 1 KiB each as a rule. */
  webhook_events_cached_max: 1_000,
  /** One look at the queue for all attempts that end within this; a few of them still pass the rate of an endpoint. */
  webhook_look_together_ms: 25,
  /** After a failed look at the queue, and at the latest while something waits. */
  webhook_look_again_ms: 1_000,
  webhook_look_again_max_ms: 3_600_000,
  webhooks_per_tenant_max: 100,
  /** Attempts a second at one endpoint: a till's busiest hour is far below, and a replay does not bury anybody. */
  webhook_attempts_per_s: 100,
  webhook_attempts_burst: 200,
  /** After so many failures in a row an endpoint gets one attempt at a time until it answers again. */
  webhook_failures_cautious: 5,
  /** Both secrets sign this long after one took the place of the other: a day to roll it out. */
  webhook_secret_overlap_ms: 24 * 3600 * 1000,
  /** Deliveries are kept this long for the log, whatever became of them. */
  webhook_delivery_life_ms: 30 * 24 * 3600 * 1000,
  /** Events can be replayed this long; longer than deliveries live, so that none is without its event. */
  webhook_event_life_ms: 32 * 24 * 3600 * 1000,
  /** Events of one replay: what an endpoint takes within seconds; a longer range is replayed in pieces. */
  webhook_replay_max: 1_000,
  clients_per_tenant_max: 1_000,

  // --- Accounts ---------------------------------------------------------------------------------------
  /** NIST SP 800-63B-4's least for passwords; the commonest ones are refused whatever their length. */
  password_length_min: 8,
  /** A code works this long: the time a text message takes, and some to type. */
  one_time_code_life_s: 300,
  /** Codes and links to one address of a person at once, and then an hour: nobody needs more, and texts cost money. */
  messages_per_target_burst: 5,
  messages_per_target_per_hour: 30,
  /** The same from one address on the network, behind which a whole office may sit, or from one scanner. */
  messages_per_address_burst: 100,
  messages_per_address_per_hour: 1_000,
  /** A link that confirms an address; mail may lie overnight. */
  verify_link_life_s: 24 * 3600,
  /** A link that sets a password: the person is waiting for it. */
  reset_link_life_s: 3_600,
  /** An invitation's first password is good until it is changed; its mail is tried this long. */
  invitation_life_s: 7 * 24 * 3600,
  /** A user who stays away this long signs in again. */
  refresh_idle_s: 30 * 24 * 3600,
  /** Even a user who never stays away signs in again after this. */
  refresh_life_s: 90 * 24 * 3600,
  /** Sign-ins of one user at once; the longest unused one ends when there is another. */
  user_sessions_max: 20,
  /** Users whose live sessions are kept in memory, a few hundred bytes each. */
  user_sessions_cached_max: 50_000,
  /** Sign-ups that make a user look again this often when another made it meanwhile: the second look finds it. */
  find_or_create_tries_max: 3,
  /** Messages of one tenant on their way to a provider at once. */
  messages_in_flight_max: 8,
  /** Wait after a first failure; doubles up to the maximum while what the message says is still of use. */
  message_backoff_ms: 2_000,
  message_backoff_max_ms: 5 * 60 * 1000,
  /** A mail server or text message provider that takes longer has failed. */
  message_timeout_ms: 20_000,
  /** Messages kept for developers when nothing is configured to send them. */
  development_outbox_max: 500,
  /** Looks at what is still to be delivered before the outbox is shown: half a second of them. */
  outbox_looks_max: 25,
  outbox_look_again_ms: 20,
  /** A key that was asked for signs after this: verifiers keep the JWKS for half of it. */
  signing_key_command_publish_s: 600,

  // --- Consent and identities -------------------------------------------------------------------------
  /** Names of kinds, versions and channels of consent: words, not texts. */
  consent_word_length_max: 64,
  /** National identifiers; the longest in use have about twenty characters. */
  national_id_length_max: 64,
  /** Why a user is suspended or reactivated, in words; it is stored and sent to webhooks. */
  status_reason_length_max: 256,
  /** Tries to change one user while others change it too; each loses at most one race to each other change. */
  user_change_attempts_max: 8,
  /** Rows of one kind in one export: years of daily use. An export that holds fewer than there are says so. */
  export_rows_max: 10_000,
  /** How far back the numbers of a tenant look. */
  stats_window_days: 7,

  // --- Linked services --------------------------------------------------------------------------------
  /** Product backends of one tenant; a tenant has a handful. */
  services_per_tenant_max: 100,
  service_path_length_max: 512,
  /** How long a service may take to decide: a person is standing at the till. Set per service within these. */
  service_timeout_ms: 3_000,
  service_timeout_ms_min: 100,
  service_timeout_ms_max: 8_000,
  /** Kept of a call's time for committing the answer, so that a slow service never makes the device unanswered. */
  service_commit_reserve_ms: 1_000,
  /** Questions to one service under way at once; beyond it its `fail_mode` decides, as if it could not be reached. */
  service_in_flight_max: 32,
  /** Of a pool of their own: webhook endpoints that hang must not keep a till waiting. */
  service_sockets_max: 512,
  /** Failures in a row that open the breaker: one lost packet is not an outage, five are. */
  service_breaker_failures_max: 5,
  /** How long an open breaker waits before its probe; doubles while probes fail, up to the maximum. */
  service_breaker_open_ms: 5_000,
  service_breaker_open_max_ms: 120_000,
  /** Between two health checks of one service, give or take a tenth. */
  service_health_interval_ms: 30_000,
  /** After a failed check the next comes this soon, and later with each further failure up to the interval. */
  service_health_recheck_ms: 5_000,
  service_health_timeout_ms: 5_000,
  /** Failed checks in a row until a service is unhealthy; until then it is degraded. */
  service_health_failures_max: 3,
  /** A check result that changes nothing is written this seldom. */
  service_health_write_ms: 300_000,
  /** Health is checked this long after a device or an operator last asked; nobody is told of later checks. */
  service_watched_ms: 3_600_000,
  /** What a till can show. */
  service_message_length_max: 140,
  service_reference_length_max: 128,
  /** An unanswered question is asked again this long after it was first asked; then the person has left. */
  service_intent_life_ms: 120_000,
  /** How often unanswered questions are looked for, and how old they are then: past every answer under way. */
  service_intent_sweep_ms: 15_000,
  /** Unanswered questions asked again at once: few of what one service takes, so that the living come first. */
  service_intents_at_once: 8,
  /** A connected scanner is reminded of its renewal this often. */
  renewal_reminder_ms: 24 * 3600 * 1000,

  // --- Administration of tenants ----------------------------------------------------------------------
  /** From deactivation to erasure (document 000 section 14.2): time to change one's mind and to export. */
  tenant_grace_ms: 30 * 24 * 3600 * 1000,
  /** How often, and with what pause, a tenant's actors are asked to leave before its erasure waits for the next turn. */
  tenant_stop_rounds_max: 100,
  tenant_stop_pause_ms: 50,
  /** Requests a second, or at once, that a tenant may be configured to: beyond what any node answers. */
  tenant_rate_max: 1_000_000,
  /** Calls a second of one scanner that a tenant may be configured to: 32 under way at once take no more. */
  scanner_rate_max: 10_000,

  // --- Audit ------------------------------------------------------------------------------------------
  /** Monthly partitions made before their month: an engine that nobody restarts or looks at has this much time. */
  audit_months_ahead: 3,
  /** What a query without a beginning looks through; before that is the archive (document 000 section 14.3). */
  audit_recent_ms: 366 * 24 * 3600 * 1000,
  /** The longest period of one search: every month of it has a partition to look into. */
  audit_search_ms: 3_660 * 24 * 3600 * 1000,
  /** A chain is signed again after this many records, or this long after its last checkpoint when it has grown. */
  audit_checkpoint_records: 1_000,
  audit_checkpoint_interval_ms: 300_000,
  /** Between two looks at the heads of all chains: what may be cut off unnoticed is at most what came since. */
  audit_checkpoint_look_ms: 60_000,
  /** Records that one call for verification walks, in pages: a fraction of a second of work, and then it is asked on. */
  audit_verify_records_max: 5_000,

  // --- Vendor, models and migration -------------------------------------------------------------------
  /** Versions of thresholds in one answer; operators change them a few times a year. */
  thresholds_shown_max: 50,
  /** How often the vendor checks itself: three extractions a worker, some ten milliseconds. */
  vendor_check_interval_ms: 60_000,
  /** The first check comes this soon after the start, when the workers have compiled what it runs. */
  vendor_check_first_ms: 1_000,
  /** A check that takes a worker longer is `degraded`: it takes ten milliseconds, and scans have five seconds. */
  vendor_check_slow_ms: 2_000,
  /** Default answer time of a verification server: half of what a request of ours has. */
  remote_timeout_ms: 5_000,
  remote_timeout_min_ms: 100,
  /** A verification must end within its request. */
  remote_timeout_max_ms: 9_000,
  /** Templates in one comparison by a verification server: several palms of one hand, each with all its samples. */
  remote_templates_max: 24,
  /** Scans that a verification server takes for one palm; an enrolment has three. */
  remote_feature_scans_max: 6,
  /** Name that a device gives to a palm. */
  feature_id_bytes_max: 128,
  /** Palms a page of a migration looks at: seconds of work, and what a crash has done again at most. */
  migration_page: 100,
  /** Users migrated at once: each waits for the verification server, and there for a connection. */
  migration_users_at_once: 4,
  /** One user's step, waiting for the tenant's other enrolments included. */
  migration_user_ms: 30_000,
  /** Waits after a page that failed; each twice the one before. */
  migration_retry_ms: 1_000,
  migration_retry_max_ms: 60_000,
  /** Pages that failed in a row after which a migration is `failed`: about five minutes without its server. */
  migration_failures_max: 10,
  /** Share of users that must have been migrated for the model to be switched (default of the request). */
  migration_share_min: 0.95,
  /** When to ask again after a verification server failed. */
  remote_retry_ms: 1_000,

  // --- TLS administration -----------------------------------------------------------------------------
  /** Certificates in one upload: public CAs need two or three, private hierarchies rarely more than five. */
  uploaded_chain_max: 8,
  /** PEM text of one uploaded part: a chain of that length with the largest keys fits. */
  uploaded_pem_bytes_max: 64 * 1024,
  /** What public CAs issue and every client accepts; device keys, which only we verify, must be stronger. */
  uploaded_rsa_bits_min: 2_048,
  /** A whole upload as multipart, with headers and boundaries: four parts of the size above. */
  upload_bytes_max: 320 * 1024,
  /** Parts of one multipart body: twice what any route names, so that a browser's extra fields do no harm. */
  multipart_parts_max: 16,
  /** Header lines of one part; browsers send two or three. */
  multipart_headers_max: 16,
  /** Bytes of the header lines of one part. */
  multipart_header_bytes_max: 4 * 1024,
  /** CAs trusted at once: the current one, and those before it until their certificates have run out. */
  authorities_trusted_max: 8,
  /** The device listener's own certificate is made anew after this, long before it runs out. */
  listener_certificate_renew_ms: 90 * 24 * 3600 * 1000,
  /** Administrative changes of certificates waiting for the one before; people make them by hand. */
  tls_changes_waiting_max: 16,
  /** Before a server certificate or the platform CA runs out, readiness says so this long. */
  certificate_warning_days: 14,

  // --- Identity checks --------------------------------------------------------------------------------
  /** A person finds the phone, opens the app and picks a number; who has not by then begins anew. */
  kyc_session_life_s: 15 * 60,
  /** How soon an open check past its time is ended when nobody looks at it. */
  kyc_sweep_ms: 60_000,
  /** A provider's answer to a new check; within the request that waits for it. */
  kyc_provider_timeout_ms: 5_000,
  /** Callbacks are a few identifiers and a status. */
  kyc_callback_bytes_max: 64 * 1024,
  kyc_callback_id_length_max: 255,

  // --- Faces and key shares of wallet users -----------------------------------------------------------
  /** Base64 characters of one scan or image of a capture: SDKs send up to a megabyte, and three are a body. */
  face_text_length_max: 2 * 1024 * 1024,
  face_user_agent_length_max: 1_024,
  /** Attempts at one face before it is locked, and between two locks. */
  face_attempts_max: 3,
  /** The first lock; each further one is four times as long, up to the maximum. */
  face_lock_ms: 60_000,
  face_lock_factor: 4,
  face_lock_max_ms: 24 * 3600 * 1000,
  /** A registration that has not ended by now was cut off: another may take its place, and nothing of it is kept. */
  face_registration_ms: 60_000,
  /** Tries to change one face's row while others change it too; each loses at most one race to each other change. */
  face_change_attempts_max: 8,
  /** Faces that the development vendor compares a new one with, all of its tenant: some seconds of a worker. */
  reference_faces_max: 20_000,
  /** FaceTec's scale ends at 15; from 10 on it names a false match rate below one in 500,000 for two 3D scans. */
  facetec_match_level_min: 10,
  /** The same in a search among many faces, where chance has as many tries. */
  facetec_search_level_min: 15,
  /** A FaceTec server's answer to one call: it works a second or two on a scan. */
  facetec_timeout_ms: 6_000,

  /** Characters of one encrypted share: those of threshold ECDSA with Paillier keys have some ten thousand. */
  key_share_length_max: 64 * 1024,
  /** Public keys in any notation, and names of keys, algorithms and parties. */
  wallet_public_key_length_max: 2_048,
  wallet_key_id_length_max: 128,
  wallet_algorithm_length_max: 64,
  /** Parties of one key: a person's devices and a service or two. */
  wallet_key_parties_max: 8,
  wallet_keys_per_user_max: 32,
  /** Shares of one backup: two keys with all their parties. */
  key_shares_per_backup_max: 16,
  /** Versions kept of each share: a backup that was a mistake can be undone, twice. */
  key_share_versions_max: 3,
  /** Recoveries of one user in this time; a person needs one, and tries again after mistakes. */
  key_share_recoveries_max: 5,
  key_share_recovery_window_ms: 3600 * 1000,
  /** History of wallet users is kept this long. */
  wallet_transaction_life_ms: 2 * 366 * 24 * 3600 * 1000,

  // --- Receipts ---------------------------------------------------------------------------------------
  /** Names and hashes of documents: a SHA-512 in hex is 128, a URL as a name is more. */
  document_name_length_max: 512,
  /** A receipt key signs for a year: few enough keys that all of them stay in the JWKS. */
  receipt_key_life_days: 365,
  /** Receipts can be verified ten years after their key signed its last: what papers are commonly kept for. */
  receipt_life_days: 10 * 365,

  // --- Wallets ----------------------------------------------------------------------------------------
  /** Issuers and audiences are URLs or names; JWT libraries and providers stay far below this. */
  identity_provider_name_length_max: 512,
  /** Scopes that one kind of call may need: one is usual. */
  identity_provider_scopes_max: 8,
  /** Subjects of tokens: OpenID Connect Core section 2 allows 255 characters. */
  token_subject_length_max: 255,
  /** Audiences of one token that are looked at: an API and a userinfo endpoint are usual. */
  token_audiences_max: 16,
  /** Keys of one provider: a current and a coming one for each algorithm are usual. */
  jwks_keys_max: 32,
  /** Characters of an RSA modulus in base64url: 8,192 bits, twice the largest in use. */
  jwks_modulus_length_max: 1_366,
  /** A provider's keys are looked at again after this; a key it withdrew is good no longer than that, and one call. */
  jwks_fresh_ms: 10 * 60 * 1000,
  /** Keys that cannot be fetched anew are believed this long: longer than any provider's bad day. */
  jwks_stale_max_ms: 24 * 3600 * 1000,
  /** A token with an unknown key makes us look again at most this often, so that nobody has us flood a provider. */
  jwks_refetch_min_ms: 30_000,
  /** Pause after a fetch that failed. */
  jwks_retry_ms: 5_000,
  /** A fetch of keys, within the request that waits for it. */
  jwks_timeout_ms: 4_000,
  /** Providers whose keys are kept in memory, a few kilobytes each. */
  jwks_cached_max: 2_000,
  /** Verified tokens of one provider that are remembered, about 400 bytes each. */
  provider_token_cache_max: 2_000,
  /** Subjects whose user is kept in memory, about 200 bytes each. */
  wallet_users_cached_max: 50_000,
  /** A phone asks for a challenge, has its owner look at it, and signs (CONTRACT: wallet family). */
  device_challenge_life_ms: 5 * 60 * 1000,
  device_challenge_bytes: 32,
  /** Challenges one user may ask for at once, and a second after that: each is an actor for five minutes. */
  device_challenges_burst: 60,
  device_challenges_per_s: 1,
  /** A verifying key in the longest form it may have: SPKI as PEM. */
  verifying_key_length_max: 512,

  /** A device signature in hex: the longest right one has 144, and what is a little longer is told as any wrong one. */
  device_signature_length_max: 256,
  /** Phones of one user; a new one every month for eight years. */
  wallet_devices_per_user_max: 100,

  // --- Life of the process ----------------------------------------------------------------------------
  drain_ms: 8_000,
  /** Between two schemas compiled ahead of their first use: those who call meanwhile are hardly held up. */
  compile_pause_ms: 50,
  /** Key rotation, expired rows: well within every life that they watch over. */
  upkeep_interval_ms: 600_000,
} as const;
