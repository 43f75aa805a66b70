package main

import (
	"fmt"
	"os/user"
	"strconv"
)

// storeIdentity is the file that a store is known by; who made it has made the store.
const storeIdentity = "IDENTITY"

// anotherOwner is the error of a store that belongs to another user: what this process wrote there, the store's owner could not open.
func anotherOwner(path string, owner, self int) error {
	how := fmt.Sprintf("setpriv --reuid=%d --clear-groups -- parley …", owner)
	if u, err := user.LookupId(strconv.Itoa(owner)); err == nil {
		how = fmt.Sprintf("runuser -u %s -- parley …", u.Username)
	}
	return &failure{exitUsage, fmt.Errorf("%s belongs to the user %d, and this program runs as the user %d: its files would be closed to whoever serves the store; run it as the owner, e.g. %s", path, owner, self, how)}
}
