package check

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/fetch/verdict"
)

// watchEvery is how long [Watch] waits between two calls.
const watchEvery = 2 * time.Second

// Watch calls once every two seconds, and on every line of in, until it reports
// true or an error, or ctx is done.
func Watch(ctx context.Context, in io.Reader, once func() (done bool, err error)) error {
	entered := make(chan struct{})
	if in != nil {
		go func() {
			for s := bufio.NewScanner(in); s.Scan(); {
				select {
				case entered <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	for {
		if done, err := once(); done || err != nil {
			return err
		}
		select {
		case <-time.After(watchEvery):
		case <-entered:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// decisive are the headers of an answer that a change of the server shows in.
var decisive = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Location", "Vary",
}

// Gist is what differs between verdicts that say something else: the result, the
// causes, and what the servers answered.
func Gist(v *verdict.Verdict) string {
	var causes, answers []string
	for i := range v.Findings {
		causes = append(causes, v.Findings[i].Cause)
	}
	for i := range v.Wire {
		answers = append(answers, v.Wire[i].StatusText())
		for _, name := range decisive {
			answers = append(answers, v.Wire[i].ResponseHeaders.Get(name))
		}
	}
	return fmt.Sprintf("%s %q", v.Result, slices.Concat(causes, answers))
}
