package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Bounds of what a client may send, apart from the transport's own. Lengths of
// text are in characters, lists in items.
const (
	maxName        = 100
	maxCredential  = 32
	maxEmail       = 254
	maxPhoneDigits = 15 // E.164
	minPhoneDigits = 7
	maxExtension   = 10 // digits
	maxToken       = 64 // codes, authorization numbers, member ids
	maxZoneName    = 64
	maxService     = 16 // one procedure or drug code
	maxNote        = 500
	maxRole        = 32

	maxSpecialties    = 20
	maxLicenses       = 256
	maxCertifications = 50
	maxExperience     = 50
	maxPrograms       = 100
	maxHealthPlans    = 200
	maxModalities     = 100
	maxWeekly         = 100
	maxExceptions     = 800
	maxExceptionSpan  = 24
	maxBlocks         = engine.MaxBlocks
	maxBufferMinutes  = 240
	maxCallsPerDay    = 200

	maxServiceCodes = 50
	maxInvolved     = 50
	maxWindows      = 20
	maxPhones       = 10
	maxNPIs         = 200
	maxAttestations = 20

	maxClarifications = 10 // of one call
	maxSubject        = 100
	maxTreatment      = 200 // what was requested or certified

	maxPage         = 200 // rows of a list, slots of a cell, reviewers of a priority
	defaultPage     = 50
	maxLookupCases  = 100
	maxAlternatives = 5 // offers beside a refusal
	maxReplacements = 3 // offers beside a call that needs attention

	maxExport      = 10_000   // offer records of one answer
	maxExportBytes = 16 << 20 // of one answer, the record that passes it included

	maxCompanions    = 50   // cases proposed for a shared call
	maxCompanionScan = 2000 // cases looked at to find them

	maxSearchRange = 366 * 24 * slots.Hour // of an earliest search

	maxImportLine   = 64 << 10 // bytes
	maxImportLines  = 1 << 20
	importChunk     = 512       // commands queued together
	maxRefusedBytes = 256 << 10 // of refusals listed, roughly; the rest is only counted
	maxLineFaults   = 5         // errors named per refused line

	maxRuleChanges = 200 // rows listed of a comparison of rules, members of each, bytes of a value
	maxRuleFields  = 50
	maxRuleText    = 300
	maxRuleBytes   = 256 << 10 // of all changes listed
	maxTouched     = 200       // cases and calls listed
)

// Defaults of a search.
const (
	defaultReviewersPerPriority = 10
	defaultSlotsPerDay          = 4
	defaultEarliest             = 20
)

// latestInstant is the last that a client can write, 2200-12-31T00:00:00Z: a day
// before the end of the years that can be read, so that what was taken can be
// read again in whatever zone it is given back.
const latestInstant slots.Instant = 7289568000
