package serve

import (
	"context"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/watch"
)

// followCertificates reads the files of certificates again whenever they change,
// until it is called for another configuration, or unfollowCertificates is. What ends
// with ctx, such as a request that has the configuration read again, does not end that.
func (r *Runner) followCertificates(ctx context.Context, t *config.TLS) {
	r.unfollowCertificates()
	files := certs.Files(t)
	if r.certs == nil || len(files) == 0 {
		r.reloads.certified(nil)
		return
	}
	ctx, r.unfollow = context.WithCancel(context.WithoutCancel(ctx))
	r.recertify = func() { r.takeCertificates(ctx, t) }
	if err := watch.Files(ctx, files, func() { r.readCertificates(ctx, t) }); err != nil {
		r.Log.Warn("changes of certificates will not be noticed", "reason", err)
	}
	// They may have changed after they were read and before they were watched. What is
	// not complete yet will change once more.
	pairs, err := r.certs.Load(t)
	r.reloads.certified(err)
	if err == nil && r.certs.Use(pairs) {
		r.Log.Info("certificates read again")
	}
}

// certified notes whether the files of certificates could be read: err is why not. A
// problem that stays has the time of its beginning.
func (l *reloads) certified(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	problem := &l.status.CertificateProblem
	switch {
	case err == nil:
		*problem = nil
	case *problem == nil:
		*problem = &Problem{At: time.Now(), Mistakes: finding.Lines(err)}
	default:
		*problem = &Problem{At: (*problem).At, Mistakes: finding.Lines(err)}
	}
}

// unfollowCertificates ends followCertificates. Both need the lock of a reload.
func (r *Runner) unfollowCertificates() {
	if r.unfollow != nil {
		r.unfollow()
		r.unfollow, r.recertify = nil, nil
	}
}

// endCertificates ends followCertificates when the runner stops.
func (r *Runner) endCertificates() {
	r.reloads.reading.Lock()
	defer r.reloads.reading.Unlock()
	r.unfollowCertificates()
}

// readCertificates reads the files of certificates again, unless followCertificates has
// ended.
func (r *Runner) readCertificates(ctx context.Context, t *config.TLS) {
	r.reloads.reading.Lock()
	defer r.reloads.reading.Unlock()
	if ctx.Err() == nil {
		r.takeCertificates(ctx, t)
	}
}

// takeCertificates is readCertificates with the lock of a reload. Whoever writes the files
// writes one after the other, so they may not fit together for a while.
func (r *Runner) takeCertificates(ctx context.Context, t *config.TLS) {
	pairs, err := r.certs.Load(t)
	r.reloads.certified(err)
	r.reloads.certificates.after(unreadable(err), func() { r.readCertificates(ctx, t) })
	if err != nil {
		r.Log.Warn("the old certificates stay", "reason", err)
		return
	}
	r.certs.Use(pairs)
	r.Log.Info("certificates read again")
}
