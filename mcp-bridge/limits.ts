/**
 * Every bound and wait that clients, servers and operators of the bridge can meet, by name; what is one file's own
 * affair stands there. Beyond a bound there is an answer, never a hang.
 */

import type { StopWaits } from '../lib/platform/process-group.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** One POST body; larger ones get 413. */
export const BODY_BYTES_MAX = 10 * MIB
/** Of a larger one so much is read and thrown away before its connection is cut. */
export const DISCARDED_BYTES_MAX = 4 * BODY_BYTES_MAX
/** Values in one text, whoever sends it: while more are read everybody else waits, for up to half a second. */
export const MESSAGE_VALUES_MAX = 300_000
/** A body that comes in one piece and is no larger counts for neither of the next two. */
export const BODY_UNCOUNTED_BYTES = 4 * KIB
/** Bodies, until they are answered, whether their client is still there or not: of one person, and of all. */
export const BODIES_BYTES_PER_USER_MAX = 64 * MIB
export const BODIES_BYTES_MAX = 256 * MIB
/** Once all is reached, each person may still send so much. */
export const BODIES_SHARE_BYTES = 64 * KIB
/** Smaller bodies are read in no time. */
export const EFFORT_BYTES_MIN = 64 * KIB
/** How long one person's bodies may be read in a row, and for how much of each second in the long run. */
export const EFFORT_BURST_MS = 1000
export const EFFORT_MS_PER_SECOND = 200
/** Of a client's request, and of its progress token: clients count, or draw a UUID. */
export const ID_CHARACTERS_MAX = 1024
/** Messages in one batch (2025-03-26 only). */
export const BATCH_MESSAGES_MAX = 100

export const SESSIONS_MAX = 1024
export const SESSIONS_PER_USER_MAX = 128
/** Many agents never DELETE: at the user's bound, and where all is full, a session unused for so long gives way. */
export const GIVES_WAY_AFTER_MS = 60_000
/** Requests of one session that still wait for an answer. */
export const PENDING_PER_SESSION_MAX = 128
/** Requests of its server that wait for the client. */
export const ASKED_PER_SESSION_MAX = 128
/** A client without sessions is told what its server asks once nothing more was asked for so long. */
export const QUESTIONS_GATHER_MS = 10
/** It answers within so long, all of a round together; what the server has answered until then is kept. */
export const ROUND_SECONDS = 600
/** Of one person; the oldest gives way. */
export const ROUNDS_PER_USER_MAX = 64
/** Questions that wait to be answered, and answers that wait to be fetched: of one person, and of all. */
export const ROUNDS_BYTES_PER_USER_MAX = 64 * MIB
export const ROUNDS_BYTES_MAX = 256 * MIB
/** What a client declares and a translation keeps, as long as its session or its standing client. */
export const DECLARED_CHARACTERS_MAX = 64 * KIB
/** Streams of one client for what its server tells (MCP 2026-07-28, `subscriptions/listen`). */
export const LISTENERS_PER_CLIENT_MAX = 32
/** Requests of all sessions of one process; once half of it is reached, nobody has more than half. */
export const PENDING_PER_PROCESS_MAX = 2048
export const PROCESSES_MAX = 256
/** Of one person, over all services. */
export const PROCESSES_PER_USER_MAX = 128
/** Who finds no place for a process waits for so long, in a queue that is bounded. */
export const PLACE_WAIT_MS = 10_000
export const WAITING_MAX = 256
export const WAITING_PER_USER_MAX = 16
/**
 * A server may work on a call that was cancelled, and need not answer it: it counts as busy with it for so long. More
 * than a write takes, and not too long for those that have stopped.
 */
export const ABANDONED_SECONDS = 3
/** Between the starts of two processes ahead of need, so that real ones come first. */
export const SPARE_PAUSE_MS = 50
/** What is asked of such a process so that it is warm may be answered within so long: slow ones take seconds to start. */
export const WARM_UP_MS = 10_000
/** Processes ahead of need that have ended, or could not be started, are looked after so often. */
export const SPARES_BEAT_MS = 5000

/** Of a session of a shared process. */
export const SUBSCRIPTIONS_PER_SESSION_MAX = 256
export const SUBSCRIBED_URI_CHARACTERS_MAX = 1024
/** What is told of a part of a resource is told to who subscribed to the whole, so many parts above. */
export const SUBSCRIBED_URI_PARTS_MAX = 16
/** Tasks and elicitations of a shared process of which it is known whose they are. */
export const OWNED_MAX = 4096
export const OWNED_PER_PERSON_MAX = 256
export const OWNED_ID_CHARACTERS_MAX = 1024
/** A server's request with a longer id is dropped: its answer would have to repeat it. */
export const SERVER_ID_CHARACTERS_MAX = 1024
/** Of one call, so often its server may ask for input before it answers (MCP 2026-07-28, multi round-trips). */
export const INPUT_ROUNDS_MAX = 32
/** What it may ask for at once. */
export const INPUTS_PER_ROUND_MAX = 32
/** What it gives to be handed back in the next round. */
export const REQUEST_STATE_CHARACTERS_MAX = MIB
/** What the calls of one session keep for a next round: requests, states and answers. */
export const ROUNDS_KEPT_BYTES_MAX = 64 * MIB
/** So many calls given up in a row, with no answer between them: the server does nothing any more. */
export const HUNG_AFTER_CALLS = 3

/** One line of a server's stdout; longer ones are skipped and their call gets an error. */
export const FRAME_BYTES_MAX = 32 * MIB
/** What waits to be read by a server's stdin before further messages are refused. */
export const INPUT_QUEUE_BYTES_MAX = 32 * MIB
/**
 * As above, in a runner program: the bridge refuses, which counts no line breaks and hears late what was read.
 * Only one that does not refuse has its child cut off here.
 */
export const RUNNER_INPUT_BYTES_MAX = 2 * INPUT_QUEUE_BYTES_MAX
/** What the streams of one session have sent, kept for a client that comes back; one may be larger. */
export const EVENTS_BYTES_MAX = MIB
/** What an event costs beside its text. */
export const EVENT_OVERHEAD_BYTES = 128
/** What all sessions keep, of a person and altogether; once one is reached, none gets more than its share. */
export const EVENTS_BYTES_PER_USER_MAX = 64 * MIB
export const EVENTS_TOTAL_BYTES_MAX = 256 * MIB
export const EVENTS_SHARE_BYTES = 64 * KIB
/** Answers of one session that were dropped and are told as errors. */
export const ANSWERS_LOST_MAX = 128
/** As above, in the store: what outlives the bridge. */
export const EVENTS_STORED_BYTES_MAX = 256 * KIB
export const EVENTS_STORED_TOTAL_BYTES_MAX = 64 * MIB
export const EVENTS_STORED_SHARE_BYTES = 16 * KIB
/** What waits to be written to the store; what comes on top is not. */
export const EVENTS_UNWRITTEN_BYTES_MAX = 16 * MIB
/** A session that ended with its server is remembered for so long, for clients that were away. */
export const EVENTS_LEFT_SECONDS = 60
/** Events that come within so long are written together. */
export const EVENTS_WRITE_MS = 25
/** What of a text, e.g. the name of a tool, is told in the audit log. */
export const AUDIT_TEXT_CHARACTERS_MAX = 256
/** Of the arguments of one call, for services whose operator has asked to keep them. */
export const AUDIT_ARGUMENTS_CHARACTERS_MAX = 4 * KIB
/** Those of a larger one are not looked at. */
export const AUDIT_BODY_BYTES_MAX = 64 * KIB
/** Unread by a client in all its streams: beyond it the server may be made to wait. */
export const CONGESTED_BYTES = MIB
/** Beyond it a stream is cut, and no further call is taken: room for two of the largest messages. */
export const UNSENT_BYTES_MAX = 64 * MIB
/** As above, of all clients of a person, and of everybody's; as much may wait for servers (runner/input-share.ts). */
export const UNSENT_BYTES_PER_USER_MAX = 64 * MIB
export const UNSENT_TOTAL_BYTES_MAX = 256 * MIB
/** Once all is reached, so much may still wait for each person. */
export const UNSENT_SHARE_BYTES = 64 * KIB
/** An answer that a socket may not take at once. */
export const LARGE_ANSWER_BYTES = 64 * KIB
/** What a server writes is read at once up to so much, and no faster than this in the long run. */
export const OUTPUT_BURST_BYTES = 32 * MIB
export const OUTPUT_BYTES_PER_SECOND = 16 * MIB
/** What a line that answers nothing, or a chunk without one, costs beside its bytes. */
export const OUTPUT_PIECE_BYTES = 4 * KIB
/** Of what it was sent, so much may be answered later at no such cost. */
export const OUTPUT_ANSWERS_MAX = 1024
/** Beyond the rate nothing is read for so long at least: not a timer for each chunk. */
export const OUTPUT_PAUSE_MS = 25
/** A server that has ended may have been read not quite to its end; what it left may hold its pipe open. */
export const LAST_OUTPUT_MS = 250
/** What a service's stop command may take. */
export const STOP_COMMAND_MS = 5000
/** Whose connection to us is lost, or ours to them: nobody waits for an orderly end. */
export const ABANDONED_WAITS: StopWaits = { inputEndMs: 0, terminateMs: 2000 }
/** A runner program that does not answer within so long cannot be reached. */
export const RUNNER_HELLO_MS = 5000
/** What was started by a runner that is lost has ended after so long: it, or its watchdog, saw to that. */
export const RUNNER_LOST_MS = 4000
export const RUNNER_CONNECTIONS_MAX = 1024
/** What a bridge may say to a runner at once. */
export const PACKET_BYTES_MAX = 128 * MIB
/** What a packet of a runner may have beside the largest message. */
export const PACKET_BYTES_BESIDE = 64 * KIB
/** A runner tells how much of its input a server has read in steps of so much. */
export const INPUT_READ_BYTES = 64 * KIB
/** What a runner cannot tell by then remains unknown. */
export const FIGURES_MS = 5000
/** The end of a server's stderr that is shown in the log when it dies. */
export const STDERR_TAIL_BYTES = 4 * KIB
/** Lines of one server's stderr that reach the log in one second. */
export const STDERR_LINES_PER_SECOND = 20
/** Tasks of one process whose progress still finds its session after the request was answered. */
export const TASK_TOKENS_MAX = 1000

/** Tools with arguments that travel as headers too: of one list, and of the lists that people were shown last. */
export const MIRRORED_TOOLS_MAX = 1000
export const MIRRORED_LISTS_MAX = 1000

/** Slow machines and first starts included: Python servers were seen to take four seconds. */
export const INITIALIZE_TIMEOUT_MS = 60_000
/** A server that says nothing to `server/discover` for so long knows sessions only, as many do. */
export const DISCOVER_TIMEOUT_MS = 10_000
/** How long a native server may take until its socket accepts. */
export const NATIVE_START_TIMEOUT_MS = 15_000
/** A native server that was silent for as long as a call may be is ended unless it answers something by then. */
export const NATIVE_ALIVE_MS = 10_000
/** How long anybody waits for a native server to take notice of an ending. */
export const NATIVE_TELL_MS = 10_000
/** A process with a secret that its person has replaced or deleted lives on for so long at most. */
export const SECRETS_CHECK_MS = 30_000
/** Proxies cut silent streams, some of them after 30 s. */
export const KEEP_ALIVE_MS = 15_000
/** Beats of it during which a client has taken nothing of what waits for it: its connection is lost. */
export const STUCK_BEATS_MAX = 8
/** A call without an answer shows its first byte with the second of these beats. */
export const FIRST_BYTE_BEAT_MS = 50
/** Without a session with this one: a stream has begun with 200, and an error has a status of its own. */
export const STATELESS_FIRST_BYTE_BEATS = 10
/** A stream costs more than its answer alone: when everything is late, not everything begins one. */
export const FIRST_BYTE_BEATS_MAX = 256
/** How long a client waits before it comes back for the rest of a stream. */
export const RETRY_MS = 1000
/** A server's request that the client does not answer is answered by the bridge: people take longer than programs. */
export const ASKED_SECONDS = 60
export const ASKED_SECONDS_BY_METHOD: Readonly<Record<string, number>> = {
  ping: 30,
  'roots/list': 30,
  'sampling/createMessage': 600,
  'elicitation/create': 600,
}
/** A server that asks for nothing but to be asked again is asked again after so long. */
export const NEXT_ROUND_MS = 250
/** How long a server may take to tell which changes it will tell of. */
export const LISTEN_TIMEOUT_MS = 30_000
/** A server that no longer tells of changes is asked to again: after so long, doubling. */
export const LISTEN_AGAIN_FIRST_MS = 1000
export const LISTEN_AGAIN_MAX_MS = 60_000
/** A bridge process that was not heard of for so long is gone, and what it owned passes on. */
export const LEASE_MS = 10_000
/** Expired tokens, and revocations that came in a storm, are looked for so often. */
export const SWEEP_MS = 1000
/** Who was sent away and does not read the rest of the answer is cut off after so long. */
export const LEAVE_MS = 2000
/** As long as the edge lets a token in beyond its `exp`: whoever is sent away earlier comes back with it. */
export const LAPSE_GRACE_MS = 5000
/** Longer than Envoy's idle time for upstream connections, so that it never writes into a close. */
export const HTTP_KEEP_ALIVE_MS = 75_000

/** To a remote server: until a connection is there, its name looked up and its certificate checked. */
export const REMOTE_CONNECT_MS = 10_000
/** Kept for the next request; servers were seen to close theirs after five seconds. */
export const REMOTE_KEEP_ALIVE_MS = 4000
export const REMOTE_IDLE_CONNECTIONS_MAX = 32
/** Requests and streams of one service at once: each session may have one that lasts as long as it. */
export const REMOTE_REQUESTS_MAX = 4096
export const REMOTE_HEADER_BYTES_MAX = 16 * KIB
/** Within the same origin. */
export const REMOTE_REDIRECTS_MAX = 3
/** What it says beside a status that is no success. */
export const REMOTE_REFUSAL_BYTES_MAX = 64 * KIB
/** What is kept of its answers until their rest has come, if two of the largest are not more. */
export const REMOTE_UNFINISHED_BYTES_MAX = 64 * MIB
/** Beyond it of one answer so much still may be. */
export const REMOTE_UNFINISHED_SHARE_BYTES = 64 * KIB
export const REMOTE_SESSION_ID_CHARACTERS_MAX = 1024
/** What is sent to find out what it speaks is answered by then. */
export const REMOTE_PROBE_MS = 15_000
/** A message that needs no answer is taken within so many beats of the keep-alive. */
export const REMOTE_TAKEN_BEATS = 2
/** A stream for what comes unasked that is silent for so many of them is opened anew. */
export const REMOTE_SILENT_BEATS = 40
/** Between a stream that was cut and the next attempt, unless the server says otherwise. */
export const REMOTE_RETRY_MS = 1000
/** `retry: 0` would let a server keep us busy with asking. */
export const REMOTE_RETRY_MIN_MS = 100
export const REMOTE_RETRY_MAX_MS = 60_000
/** Attempts in a row to take up an answer again. */
export const REMOTE_RESUMPTIONS_MAX = 5
/** The end of a session is told within so long, or not at all. */
export const REMOTE_GOODBYE_MS = 2000
/** Its authorization server has so long, and is asked again so long after a refusal. */
export const REMOTE_TOKEN_MS = 10_000
export const REMOTE_TOKEN_BYTES_MAX = 64 * KIB
export const REMOTE_TOKEN_REFUSED_MS = 5000
/** A token is renewed so long before its end, and lives so long when nobody says how long. */
export const REMOTE_TOKEN_MARGIN_MS = 60_000
export const REMOTE_TOKEN_LIFETIME_MS = 300_000
/** After so many failures in a row nobody is sent to a remote server for a while, but for one trial at a time. */
export const REMOTE_FREE_FAILURES = 3
export const REMOTE_REST_FIRST_MS = 1000
export const REMOTE_REST_MAX_MS = 30_000
/** Who tries has the turn for so long: the trial may be a call that takes its time. */
export const REMOTE_TRIAL_MS = 10_000
/** Tools whose parameters are known to be mirrored in headers. */
export const REMOTE_TOOLS_MAX = 4096
export const REMOTE_TOOL_PAGES_MAX = 32
export const REMOTE_MIRRORED_CHARACTERS_MAX = 8192

/** After so many processes that ended soon after their start: wait, doubling, before the next. */
export const FREE_FAILURES = 2
export const BACKOFF_FIRST_MS = 500
export const BACKOFF_MAX_MS = 30_000
/** A process that lived so long did start. */
export const STARTED_WELL_MS = 10_000

export const STOP_WAITS: StopWaits = { inputEndMs: 1000, terminateMs: 2000 }
/** The room's whole drain is a little longer (lifecycle.ts). */
export const SHUTDOWN_WAITS: StopWaits = { inputEndMs: 700, terminateMs: 1300 }
export const WATCHDOG_GRACE_SECONDS = 2
