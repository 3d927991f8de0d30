package cause

var _ = add(func() *Cause {
	return fault(&Cause{
		Slug:  "address-unreachable",
		Title: "{host} cannot be reached",
		When:  "There is no route to the address.",
		Why:   notCORS + "The address is in another network, or the machine is off.",
		Fix:   "Check the address, the VPN and the firewall.",
	}, "net::ERR_ADDRESS_UNREACHABLE", "net::ERR_INTERNET_DISCONNECTED")
})
