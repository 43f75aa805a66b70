package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// defaultTenant is the organisation of a store without configured credentials.
const defaultTenant = "default"

// openStore opens the store in the data directory, or creates one if the
// directory is missing or empty, and says which.
func (c *serveCmd) openStore(s streams, log *slog.Logger, sandbox bool, keys *engine.DataKeys) (*persist.Store, error) {
	options := persist.Options{
		CacheBytes: c.CacheMiB << 20, MinFreeBytes: c.MinFreeMiB << 20, Logger: log, Keys: keys,
		BallastBytes: c.BallastMiB << 20, StallTimeout: c.StallAfter,
		Progress: newProgress(s.err, "check").update,
	}
	if c.BallastMiB == 0 {
		options.BallastBytes = -1
	}
	if c.MinFreeMiB == 0 { // to the store 0 is the usual
		options.MinFreeBytes = -1
	}
	store, err := openDir(c.Data, options)
	if errors.Is(err, persist.ErrNoStore) || errors.Is(err, persist.ErrInterrupted) {
		identity := persist.NewIdentity(defaultTenant, sandbox, time.Now().Unix())
		if store, err = persist.Create(c.Data, options, identity); err == nil {
			fmt.Fprintf(s.out, "Created a new store in %s.\n", c.Data)
		}
	}
	if err != nil {
		return nil, err
	}
	if store.Identity().Sandbox != sandbox {
		return nil, errors.Join(&failure{exitUsage, clockMismatch(sandbox)}, store.Close())
	}
	if keys != nil && store.Identity().DigestKey != nil {
		if err := store.Protect(keys); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	return store, nil
}

func clockMismatch(sandbox bool) error {
	if sandbox {
		return errors.New("this store lives by the machine's clock and cannot be served under a sandbox clock; use another --data directory")
	}
	return errors.New("this store is a sandbox: name its clock with --sandbox-clock, or use another --data directory")
}

// storeCollector shows a store's figures to Prometheus.
type storeCollector struct {
	store   *persist.Store
	figures []figure
}

// figure is one gauge read from the store's metrics.
type figure struct {
	desc *prometheus.Desc
	read func(persist.Metrics) float64
}

func newStoreCollector(store *persist.Store) *storeCollector {
	gauge := func(name, help string, read func(persist.Metrics) float64) figure {
		return figure{prometheus.NewDesc("parley_store_"+name, help, nil, nil), read}
	}
	return &storeCollector{store, []figure{
		gauge("disk_bytes", "Disk space taken by the database, its log files included.", func(m persist.Metrics) float64 { return float64(m.DiskBytes) }),
		gauge("wal_bytes", "Disk space taken by the database's log files.", func(m persist.Metrics) float64 { return float64(m.WALBytes) }),
		gauge("free_bytes", "Free space on the store's disk; -1 if unknown.", func(m persist.Metrics) float64 { return float64(m.FreeBytes) }),
		gauge("min_free_bytes", "Free space below which the store is read-only; negative if nothing is demanded.", func(m persist.Metrics) float64 { return float64(m.MinFreeBytes) }),
		gauge("total_bytes", "Size of the store's disk; -1 if unknown.", func(m persist.Metrics) float64 { return float64(m.TotalBytes) }),
		gauge("ballast_bytes", "Space held back, to be given up when the disk is full.", func(m persist.Metrics) float64 { return float64(m.BallastBytes) }),
		gauge("commit_running_seconds", "For how long the commit under way has been going on; 0 if none is.", func(m persist.Metrics) float64 { return m.CommittingSeconds }),
		gauge("background_errors", "Failures of the database's background work since the start.", func(m persist.Metrics) float64 { return float64(m.BackgroundErrors) }),
		gauge("slow_disk_events", "Operations on the disk that took seconds since the start.", func(m persist.Metrics) float64 { return float64(m.SlowDisk) }),
		gauge("write_stalls", "Times that the database has held writes back since the start.", func(m persist.Metrics) float64 { return float64(m.WriteStalls) }),
		gauge("watermark_age_seconds", "How long ago the watermark last stood at the end of the log.", func(m persist.Metrics) float64 { return m.WatermarkAgeSeconds }),
		gauge("last_commit_seconds", "Time that the last commit took until it was durable.", func(m persist.Metrics) float64 { return m.LastCommitSeconds }),
		gauge("checkpoint_sequence", "Log position of the newest checkpoint.", func(m persist.Metrics) float64 { return float64(m.Checkpoint) }),
		gauge("old_log_records", "Log records before the checkpoint that were left to be read while the store is in use.", func(m persist.Metrics) float64 { return float64(m.OldLog.Total) }),
		gauge("old_log_read_records", "How many of them were read and are whole.", func(m persist.Metrics) float64 { return float64(m.OldLog.Read) }),
		gauge("old_log_whole", "1 if all of them were read and nothing is wrong with them.", func(m persist.Metrics) float64 {
			if !m.OldLog.Whole {
				return 0
			}
			return 1
		}),
		gauge("writable", "1 if the store takes writes.", func(persist.Metrics) float64 {
			if store.Writable() != nil {
				return 0
			}
			return 1
		}),
	}}
}

// Describe implements prometheus.Collector.
func (c *storeCollector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.figures {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c *storeCollector) Collect(out chan<- prometheus.Metric) {
	m := c.store.Metrics()
	for _, f := range c.figures {
		out <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, f.read(m))
	}
}
