package server

import "time"

// Limits of the transport. Every one is set by name; a test asserts that none is left at the library's default.
const (
	// maxTargetBytes bounds the request target, maxPathBytes the path in it, maxHeaderBytes the header section.
	maxTargetBytes = 8 << 10
	maxPathBytes   = 1 << 10
	maxHeaderBytes = 8 << 10
	// readBufferBytes holds the largest request head: request line and header section.
	readBufferBytes  = maxTargetBytes + maxHeaderBytes
	writeBufferBytes = 8 << 10

	maxHeaderFields  = 64
	maxSegmentBytes  = 64 // of an id in the path
	maxKeyBytes      = 255
	maxRequestIDSize = 64

	// maxBodyBytes bounds every body but an import's.
	maxBodyBytes   = 64 << 10
	maxImportBytes = 64 << 20
	// eagerBodyBytes is how much of a body is read before it is known who asks: what comes with the head.
	eagerBodyBytes = 4 << 10

	// readTimeout covers a whole request from its first byte, writeTimeout the answer after the handler has
	// returned, idleTimeout the wait for the next request of a connection.
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
	idleTimeout  = 60 * time.Second
	// An import may be 64 MiB and comes over slow lines too: it has so long as its bytes take at the least rate, in bytes a second, and at most 2 minutes.
	importReadTimeout  = 2 * time.Minute
	importLeastRate    = 600 << 10
	importWriteTimeout = time.Minute

	// lingerTimeout is how long a refused client may go on sending before its connection is cut.
	lingerTimeout = time.Second

	// callTimeout is how long a request may wait for its turn with the writer.
	callTimeout   = 5 * time.Second
	importTimeout = 10 * time.Minute
	maxImports    = 3 // at a time; the last is for a tenant that has none under way

	maxConnections        = 4096
	maxConnectionsPerPeer = 2048
	// turnAwayTimeout bounds the answer to a connection too many.
	turnAwayTimeout = time.Second
	// maxRequestsPerConnection bounds what one connection, and so one pipeline, may ask; then it is closed.
	maxRequestsPerConnection = 1_000_000
	maxIdleWorker            = 10 * time.Second
	tcpKeepAlive             = 30 * time.Second
	acceptPause              = 10 * time.Millisecond // after a connection was refused for too many, or could not be taken

	// maxKeptReply is how large an answer's memory may be to be used for another one, in bytes: a week of
	// four full tiers has some 150 KB.
	maxKeptReply = 256 << 10

	// maxJSONDepth bounds the nesting of a document, maxMembers the members of one object in it, maxFaults the errors
	// listed in one problem.
	maxJSONDepth = 32
	maxMembers   = 10_000
	maxFaults    = 32

	// retryAfterSeconds is what an overloaded server asks a client to wait.
	retryAfterSeconds = 1
)
