package corsaccaddy

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/corsac-dev/corsac/cors"
)

func init() { caddy.RegisterModule(new(Handler)) }

// Handler is the module http.handlers.corsac. Its exported fields are its
// configuration.
type Handler struct {
	// Name stands for the policies in the log and in metrics. The Caddyfile sets it
	// to the names that the policies have in their file.
	Name string `json:"name,omitempty"`

	// Policies decide about requests. The first that allows the origin of a request
	// decides everything else about the request.
	Policies []cors.Policy `json:"policies,omitempty"`

	// Trial are policies to try out. Requests are answered as the others say; those
	// that the others allow and these would refuse are logged and counted.
	Trial []cors.Policy `json:"trial,omitempty"`

	logger   *zap.Logger
	policy   *cors.Middleware
	options  cors.WrapOptions
	observer *cors.Observer
}

// CaddyModule implements [caddy.Module].
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.corsac", New: func() caddy.Module { return new(Handler) }}
}

// Provision implements [caddy.Provisioner].
func (h *Handler) Provision(ctx caddy.Context) error {
	h.logger = ctx.Logger().WithOptions(zap.WrapCore(sampled)).With(zap.String("policy", h.Name))
	if len(h.Policies) == 0 {
		return errors.New(`there is no policy; write one, such as "policies": [{"allow_origins": ["https://app.example.com"]}]`)
	}
	var err error
	if h.policy, err = cors.New(h.Policies[0], h.Policies[1:]...); err != nil {
		return inJSON("policies", err)
	}
	if h.observer, err = h.policy.Observe(cors.ObserveConfig{Report: h.tried, Trial: h.Trial}); err != nil {
		return inJSON("trial", err)
	}
	h.options = cors.WrapOptions{Override: true, OnDecision: h.decided}
	return register(ctx.GetMetricsRegistry(), h)
}

// inJSON returns the mistakes that package cors found in a field of the module, by
// the names that they have in JSON.
func inJSON(field string, err error) error {
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
		return err
	}
	all := make([]error, len(mistakes))
	for i, m := range mistakes {
		place := fmt.Sprintf("%s[%d].%s", field, m.Policy, m.Field)
		if m.Index >= 0 {
			place += fmt.Sprintf("[%d]", m.Index)
		}
		all[i] = fmt.Errorf("%s: %q: %s; %s", place, m.Value, m.Why, m.Fix)
	}
	return errors.Join(all...)
}

// Cleanup implements [caddy.CleanerUpper].
func (h *Handler) Cleanup() error {
	if h.observer != nil {
		h.observer.Stop()
	}
	return nil
}

// ServeHTTP implements [caddyhttp.MiddlewareHandler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	c := call{next: next}
	h.policy.WrapWith(&c, h.options).ServeHTTP(w, r)
	return c.err
}

// call is the rest of the chain as an [http.Handler]. If it returns an error, the
// headers of the policy are on the response already, and Caddy answers with them.
type call struct {
	next caddyhttp.Handler
	err  error
}

// ServeHTTP implements [http.Handler].
func (c *call) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.err = c.next.ServeHTTP(w, r) }

// Of lines with the same message, the log has the first few in a while. The metrics
// have all.
const (
	logged      = 10
	loggedEvery = 10 * time.Second
)

func sampled(core zapcore.Core) zapcore.Core {
	return zapcore.NewSamplerWithOptions(core, loggedEvery, logged, 0)
}

// decided logs refusals.
func (h *Handler) decided(_ http.ResponseWriter, r *http.Request, d cors.Decision) {
	if d.Allowed || d.Kind == cors.NonCORS {
		return
	}
	message := "preflight refused"
	if d.Kind == cors.Actual {
		message = "response not readable by its page"
	}
	if line := h.logger.Check(zap.InfoLevel, message); line != nil {
		line.Write(append(fields(d), zap.String("host", cut(r.Host)), zap.String("uri", cut(r.RequestURI)))...)
	}
}

// tried logs what the policies on trial would refuse. The observer also reports what
// decided has logged.
func (h *Handler) tried(d cors.Decision) {
	if !d.Trial {
		return
	}
	message := "preflight would be refused"
	if d.Kind == cors.Actual {
		message = "response would not be readable by its page"
	}
	if line := h.logger.Check(zap.InfoLevel, message); line != nil {
		line.Write(fields(d)...)
	}
}

func fields(d cors.Decision) []zap.Field {
	list := []zap.Field{
		zap.Stringer("reason", d.Reason), zap.String("origin", cut(d.Origin)), zap.String("method", cut(d.Method)),
	}
	if d.Header != "" {
		list = append(list, zap.String("header", cut(d.Header)))
	}
	return list
}

// cut bounds what of a request gets into the log.
func cut(s string) string {
	const longest = 512
	return strings.ToValidUTF8(s[:min(len(s), longest)], "\ufffd")
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
