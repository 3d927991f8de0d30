package serve

import (
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/accesslog"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/systemd"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/watch"
)

// reloads is what is known of the configurations of a runner.
type reloads struct {
	reading      sync.Mutex // while a file is read, and for:
	file         retry
	certificates retry

	mu      sync.Mutex // for what follows
	running *config.Config
	status  Status
}

func (l *reloads) begin(c *config.Config, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running, l.status.Hash, l.status.Since = c, c.Hash(), now
}

// Running returns the configuration that runs.
func (r *Runner) Running() *config.Config {
	r.reloads.mu.Lock()
	defer r.reloads.mu.Unlock()
	return r.reloads.running
}

// unseen is how long a change before the file was watched may take.
const unseen = 200 * time.Millisecond

// follow reads the file again whenever it changes, or somebody asks for that, until
// ctx is done.
func (r *Runner) follow(ctx context.Context) {
	if r.File == "" {
		return
	}
	files := r.Watch
	if files == nil {
		files = []string{r.File}
	}
	if err := watch.Files(ctx, files, func() { _ = r.Reload(ctx, false) }); err != nil {
		r.Log.Warn("changes of the file will not be noticed; send SIGHUP after a change", "file", r.File, "reason", err)
	}
	go func() {
		// It may have changed after it was read and before it was watched, and perhaps
		// not been written to its end.
		begun := time.After(unseen)
		for {
			select {
			case <-ctx.Done():
				return
			case <-begun:
				_ = r.Reload(ctx, false)
			case <-r.Hangups:
				_ = r.Reload(ctx, true)
			}
		}
	}()
}

// Reload reads the file and replaces the configuration. If there is an error, which
// the log has and [Runner.Status] repeats, the old one keeps running. The files of
// new certificates are followed until ctx is done. If somebody asks for it, the log says
// also that there is nothing new.
func (r *Runner) Reload(ctx context.Context, asked bool) error {
	r.reloads.reading.Lock()
	defer r.reloads.reading.Unlock()
	r.notify(systemd.Reloading())
	defer r.notify(systemd.Ready)
	err := r.readAgain(ctx, asked)
	r.reloads.file.after(unreadable(err) || unfit(err), func() {
		if ctx.Err() == nil {
			_ = r.Reload(ctx, false)
		}
	})
	return err
}

func (r *Runner) readAgain(ctx context.Context, asked bool) error {
	c, err := r.Read()
	if err == nil && c.Hash() == r.Running().Hash() {
		r.unchanged(ctx, c.Hash(), asked)
		return nil
	}
	if err == nil {
		err = r.replace(ctx, c)
	}
	if err != nil {
		r.refuse(err)
		return err
	}
	r.Log.Info("configuration read again", "file", r.File, "hash", c.Hash(), "routes", len(c.Gateway.Routes))
	for _, note := range c.Notes() {
		r.Log.Info("note", "about", finding.Line(&note))
	}
	return nil
}

// unchanged notes that the file says what is running. The log says so if somebody has
// asked, or if it has said that the file is refused. Certificates are read again if
// somebody has asked.
func (r *Runner) unchanged(ctx context.Context, hash string, asked bool) {
	level, words := slog.LevelDebug, "the file is unchanged"
	if asked {
		level = slog.LevelInfo
	}
	if r.state().Problem != nil {
		level, words = slog.LevelInfo, "the file is right again, and says what is running"
	}
	r.settled()
	r.Log.Log(ctx, level, words, "file", r.File, "hash", hash)
	if asked && r.recertify != nil { // a network file system does not report their changes either
		r.recertify()
	}
}

// replace makes c the configuration that runs.
func (r *Runner) replace(ctx context.Context, c *config.Config) error {
	wanted := c.Gateway
	at := r.Config.Gateway // where it does listen
	wanted.Listen, wanted.PlainListen, wanted.Admin = at.Listen, at.PlainListen, at.Admin
	if err := findLoop(ctx, wanted); err != nil {
		return err
	}
	secure := r.certs != nil && c.Gateway.TLS != nil
	var pairs certs.Pairs
	if secure {
		var err error
		if pairs, err = r.certs.Load(c.Gateway.TLS); err != nil {
			return err
		}
	}
	before := r.Running().Gateway.AccessLog
	if err := r.logTo(c.Gateway.AccessLog, before); err != nil {
		return err
	}
	if err := r.gateway.Reload(c); err != nil {
		_ = r.logTo(before, c.Gateway.AccessLog) // which could be opened before
		return err
	}
	r.door.Bound(r.bounds(&c.Gateway))
	if secure {
		r.certs.Use(pairs)
		r.followCertificates(ctx, c.Gateway.TLS)
	}
	r.reloads.begin(c, time.Now())
	r.reloads.mu.Lock()
	r.reloads.status.Reloads++
	r.reloads.mu.Unlock()
	for _, field := range r.settled() {
		r.Log.Warn("a new value needs a restart", "field", field)
	}
	return nil
}

// logTo makes the access log go to another place than before.
func (r *Runner) logTo(next, before *config.AccessLog) error {
	if reflect.DeepEqual(next, before) {
		return nil
	}
	if err := r.access.Use(next); err != nil {
		return &accessError{err}
	}
	return nil
}

// settled notes that the file runs, and returns the fields that need a restart.
func (r *Runner) settled() []string {
	r.reloads.mu.Lock()
	defer r.reloads.mu.Unlock()
	r.reloads.status.Problem, r.reloads.status.Restart = nil, restartOf(&r.Config.Gateway, &r.reloads.running.Gateway)
	return r.reloads.status.Restart
}

// restartOf returns the fields that are not as they were at the start, and are read
// only then.
func restartOf(start, now *config.Gateway) (fields []string) {
	var at, to config.TLS
	if start.TLS != nil {
		at = *start.TLS
	}
	if now.TLS != nil {
		to = *now.TLS
	}
	before, after := start.Limits.WithDefaults(), now.Limits.WithDefaults()
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"gateway.ext_proc", start.ExtProc != now.ExtProc},
		{"gateway.listen", start.Listen != now.Listen},
		{"gateway.plain_listen", start.PlainListen != now.PlainListen},
		{"gateway.admin", start.Admin != now.Admin},
		{"gateway.proxy_protocol", start.ProxyProtocol != now.ProxyProtocol},
		{"gateway.limits.header_bytes", before.HeaderBytes != after.HeaderBytes},
		{"gateway.limits.header_timeout", before.HeaderTimeout != after.HeaderTimeout},
		{"gateway.limits.idle_timeout", before.IdleTimeout != after.IdleTimeout},
		{"gateway.http3", start.HTTP3 != now.HTTP3},
		{"gateway.tls", (start.TLS == nil) != (now.TLS == nil)},
		{"gateway.tls.local", at.Local != to.Local},
		{"gateway.tls.acme", !reflect.DeepEqual(at.ACME, to.ACME)},
	} {
		if f.differs {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// refuse notes why a file does not run.
func (r *Runner) refuse(err error) {
	lines := finding.Lines(err)
	r.reloads.mu.Lock()
	r.reloads.status.Refused++
	r.reloads.status.Problem = &Problem{At: time.Now(), Mistakes: lines}
	hash := r.reloads.status.Hash
	r.reloads.mu.Unlock()
	r.Log.Warn("the configuration is refused; the old one keeps running", "file", r.File, "running", hash, "reason", strings.Join(lines, "; "))
}

// Check returns what is wrong with the configuration that only this machine shows.
func (r *Runner) Check(ctx context.Context) error {
	g := r.Config.Gateway
	if err := findLoop(ctx, g); err != nil {
		return err
	}
	if _, err := gateway.New(r.Config, gateway.Options{Next: r.Next}); err != nil {
		return err
	}
	if err := accesslog.Check(g.AccessLog); err != nil {
		return &accessError{err}
	}
	if g.TLS == nil {
		return nil
	}
	t := *g.TLS
	t.Local = false // its authority is made when it is needed
	_, err := certs.New(&t, certs.Addresses{HTTP: g.PlainListen, TLS: cmp.Or(g.ExtProc, g.Listen)}, r.Log)
	return err
}

// findLoop returns an error about a route whose upstream is the gateway itself.
func findLoop(ctx context.Context, g config.Gateway) error {
	if g.ExtProc != "" {
		return nil // Envoy has the upstreams
	}
	for _, at := range []struct{ field, listen string }{
		{"listen", g.Listen}, {"plain_listen", g.PlainListen}, {"admin", g.Admin},
	} {
		if g.Listen = at.listen; at.listen == "" {
			continue
		}
		if e := gateway.FindLoop(ctx, g); e != nil {
			e.Field = at.field
			return e
		}
	}
	return nil
}
