package diagnose

import (
	"context"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
)

// Asker asks about requests: servers, or the policies of a file in their place. It is
// safe for concurrent use.
type Asker struct {
	Checker *check.Checker
	// Doctor may be nil. Policies do not need one: they say themselves why.
	Doctor *Diagnoser
	// Policies answer, if not nil. Nothing is sent then.
	Policies *check.Policies
}

// Open prepares a case. It returns the case as it is asked about, and a function that
// asks once. Errors are of type [*check.Error].
func (a *Asker) Open(ctx context.Context, want *check.Case) (*check.Case, func(context.Context) *Verdict, error) {
	if a.Policies != nil {
		v, err := a.Checker.ByPolicy(ctx, want, a.Policies)
		return want, func(context.Context) *Verdict { return (&Verdict{Verdict: v}).Expecting(want.Expect) }, err
	}
	s, err := a.Checker.Session(ctx, want)
	if err != nil {
		return nil, nil, err
	}
	return &s.Case, func(ctx context.Context) *Verdict {
		return a.Doctor.Diagnose(ctx, s, s.Run(ctx)).Expecting(want.Expect)
	}, nil
}
