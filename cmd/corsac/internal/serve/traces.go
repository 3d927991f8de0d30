package serve

import (
	"context"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/tracing"
)

// flushing bounds how long the last traces may take to reach the collector.
const flushing = 5 * time.Second

// tracer returns what makes traces; nil if the environment does not ask for them, or
// asks for what there is not.
func (r *Runner) tracer(ctx context.Context) *tracing.Tracer {
	t, err := tracing.FromEnvironment(ctx, r.Version, r.Log)
	if err != nil {
		r.Log.Warn("traces are off", "reason", err)
		return nil
	}
	return t
}

// stopTracer sends the last traces. It goes on after ctx is done.
func stopTracer(ctx context.Context, t *tracing.Tracer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushing)
	defer cancel()
	t.Stop(ctx)
}
