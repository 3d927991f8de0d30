package devroute

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Faults are what goes wrong on purpose.
type Faults struct {
	Delay   time.Duration // before the request is forwarded
	Status  int           // of a response that the server does not send; 0 for none
	Percent float64       // of the requests that get it
	Offline bool          // no response at all
}

// ParseFail parses "500@10%", a status and its share of the requests, or "500" for
// all of them.
func ParseFail(s string) (status int, percent float64, err error) {
	text, share, some := strings.Cut(s, "@")
	status, err = strconv.Atoi(text)
	if err != nil || status < 200 || status > 599 {
		return 0, 0, errors.New("it is not a status from 200 to 599, such as 503 or 500@10%")
	}
	if !some {
		return status, 100, nil
	}
	percent, err = strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return 0, 0, errors.New("the share is not a percentage, such as in 500@10%")
	}
	return status, percent, nil
}

// Fail returns the faults in the notation of [ParseFail], or "".
func (f Faults) Fail() string {
	switch {
	case f.Status == 0:
		return ""
	case f.Percent == 100:
		return strconv.Itoa(f.Status)
	}
	return fmt.Sprintf("%d@%s%%", f.Status, strconv.FormatFloat(f.Percent, 'g', -1, 64))
}

// String returns the faults for people, such as "delay 300ms, fail 500@10%", or "".
func (f Faults) String() string {
	var words []string
	if f.Delay > 0 {
		words = append(words, "delay "+f.Delay.String())
	}
	if f.Status != 0 {
		words = append(words, "fail "+f.Fail())
	}
	if f.Offline {
		words = append(words, "offline")
	}
	return strings.Join(words, ", ")
}

// maxDelay bounds delays: every request that waits is held open.
const maxDelay = 10 * time.Minute

// CheckDelay returns what is wrong with a delay, which is at most ten minutes.
func CheckDelay(d time.Duration) error {
	switch {
	case d < 0:
		return errors.New("it is negative; write a duration such as 300ms")
	case d > maxDelay:
		return errors.New("a delay is at most 10 minutes; write a duration such as 300ms")
	}
	return nil
}

// ParseFaults parses faults that are set while the proxy runs: a duration, as
// [CheckDelay] accepts it, what [ParseFail] takes, or "" for neither.
func ParseFaults(delay, fail string, offline bool) (Faults, error) {
	f := Faults{Offline: offline}
	if delay != "" {
		d, err := time.ParseDuration(delay)
		if err != nil || CheckDelay(d) != nil {
			return Faults{}, fmt.Errorf("the delay %q is not a duration of at most 10 minutes, such as 300ms", delay)
		}
		f.Delay = d
	}
	if fail != "" {
		var err error
		if f.Status, f.Percent, err = ParseFail(fail); err != nil {
			return Faults{}, fmt.Errorf("the failure %q: %w", fail, err)
		}
	}
	return f, nil
}
