package stacks

import "testing"

func TestRoundTripEnvoy(t *testing.T) {
	checkRoundTrip(t, "envoy", "", 60, nil)
	checkRoundTrip(t, "istio", "", 60, nil)
}

func TestReadEnvoy(t *testing.T) {
	checkConf(t, "envoy", []confCase{{"x", "", `x`, ``}})
}
