package corsacfiber

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// Middleware answers preflights and sets the headers of other responses, as a policy
// says. [New] returns one.
type Middleware struct {
	cors    *cors.Middleware
	handler http.Handler
}

// New returns a middleware for p and others, as [cors.New] does.
//
// An AllowOriginFunc gets the whole request, except its body, and in its context that
// of the [fiber.Ctx].
func New(p cors.Policy, others ...cors.Policy) (*Middleware, error) {
	policies := readingAll(append([]cors.Policy{p}, others...))
	m, err := cors.New(policies[0], policies[1:]...)
	if err != nil {
		return nil, err
	}
	return &Middleware{m, m.WrapOverride(http.HandlerFunc(next))}, nil
}

// Reconfigure is [cors.Middleware.Reconfigure].
func (m *Middleware) Reconfigure(p cors.Policy, others ...cors.Policy) error {
	policies := readingAll(append([]cors.Policy{p}, others...))
	return m.cors.Reconfigure(policies[0], policies[1:]...)
}

// SetDebug is [cors.Middleware.SetDebug].
func (m *Middleware) SetDebug(on bool) { m.cors.SetDebug(on) }

// Observe is [cors.Middleware.Observe].
func (m *Middleware) Observe(c cors.ObserveConfig) (*cors.Observer, error) {
	c.Trial = readingAll(c.Trial)
	return m.cors.Observe(c)
}

// Handle is the handler for [fiber.App.Use].
func (m *Middleware) Handle(c fiber.Ctx) error {
	e := begin(c)
	defer e.end()
	m.handler.ServeHTTP(e, e.request)
	return e.err
}

// Decide is [cors.Middleware.Decide].
func (m *Middleware) Decide(c fiber.Ctx) cors.Decision {
	e := begin(c)
	defer e.release()
	d := m.cors.Decide(e.request)
	d.Origin, d.Method, d.Header = strings.Clone(d.Origin), strings.Clone(d.Method), strings.Clone(d.Header)
	return d
}

// readingAll returns policies whose functions get what they may read: the middleware
// itself gets little more of a request than its origin.
func readingAll(policies []cors.Policy) []cors.Policy {
	list := make([]cors.Policy, len(policies))
	for i, p := range policies {
		if f := p.AllowOriginFunc; f != nil {
			p.AllowOriginFunc = func(r *http.Request, o origin.Origin) bool {
				e, ok := r.Context().(*exchange)
				if !ok {
					return f(r, o)
				}
				kept, err := origin.Parse(strings.Clone(o.String()))
				return err == nil && f(e.whole(), kept)
			}
		}
		list[i] = p
	}
	return list
}
