package serve

import (
	"context"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/certs"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/watch"
)

// followCertificates reads the files of certificates again whenever they change,
// until ctx is done, or it is called for another configuration.
func (r *Runner) followCertificates(ctx context.Context, t *config.TLS) {
	if r.unfollow != nil {
		r.unfollow()
		r.unfollow = nil
	}
	files := certs.Files(t)
	if r.certs == nil || len(files) == 0 {
		return
	}
	ctx, r.unfollow = context.WithCancel(ctx)
	if err := watch.Files(ctx, files, r.readCertificates); err != nil {
		r.Log.Warn("changes of certificates will not be noticed", "reason", err)
	}
}

// readCertificates reads the files of certificates again. Whoever writes them writes
// one after the other, so they may not fit together for a while.
func (r *Runner) readCertificates() {
	r.reloads.reading.Lock()
	defer r.reloads.reading.Unlock()
	t := r.Running().Gateway.TLS
	if t == nil {
		return
	}
	if err := r.certs.Read(t); err != nil {
		r.Log.Warn("the old certificates stay", "reason", err)
		return
	}
	r.Log.Info("certificates read again")
}
