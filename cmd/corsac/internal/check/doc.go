// Package check makes requests as pages do, and says what a browser does with
// them.
//
//   - A [Case] is a request and the page that makes it, wherever it was written
//     down: on a command line ([Spec]), in a paste ([FromPaste]), or on a line of
//     a batch ([Batch]).
//   - A [Checker] turns a case into a [Session]: it loads the page, and opens a
//     browser for each profile. Each [Session.Run] makes the request once.
//   - [Checker.Replay] decides what was recorded already, without a network.
//   - A verdict is made once, from the outcome and what the network knows of it,
//     and not changed afterwards.
//   - Everything that is sent is what a browser would send. Nothing is sent that
//     the page's own Content Security Policy forbids.
//
// It prints nothing and knows no flags: that is for the commands.
package check

// Kind says whose mistake an [Error] is.
type Kind uint8

// The kinds of errors.
const (
	Mistake Kind = iota // in what was asked for
	Unable              // the check could not be made
)

// Error is why there is no verdict.
type Error struct {
	Kind Kind
	Err  error
	// Hint says what to do next, "" for nothing.
	Hint string
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func mistake(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: Mistake, Err: err}
}
