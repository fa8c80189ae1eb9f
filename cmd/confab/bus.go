package main

import (
	"context"
	"errors"

	"confab/app/bus"
	"confab/app/bus/natsbus"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// busFlags are how servers on one database wake each other.
type busFlags struct {
	Bus            busAddress   `help:"Have several servers on one --database wake each other over NATS, and not through the database: nats://HOST:PORT or tls://HOST:PORT." env:"CONFAB_BUS" placeholder:"URL"`
	BusCredentials console.Path `help:"Log in to NATS with the credentials in this file." env:"CONFAB_BUS_CREDENTIALS" placeholder:"FILE"`
	BusCA          console.Path `name:"bus-ca" help:"Accept certificates of NATS servers that the ones in this file have signed." env:"CONFAB_BUS_CA" placeholder:"FILE"`
}

// busAddress is the value of --bus.
type busAddress string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *busAddress) UnmarshalText(text []byte) error {
	*a = busAddress(text)
	if *a == "" {
		return nil
	}
	return natsbus.Options{Address: string(text)}.Check()
}

func (f busFlags) options() natsbus.Options {
	return natsbus.Options{Address: string(f.Bus), Credentials: string(f.BusCredentials), CA: string(f.BusCA)}
}

// checkBus returns an error if the flags do not fit together, or a file of theirs cannot be used.
func (f busFlags) checkBus(database string) error {
	switch {
	case f.Bus == "" && f.BusCredentials == "" && f.BusCA == "":
		return nil
	case f.Bus == "":
		return errors.New("--bus-credentials and --bus-ca are for NATS: name it with --bus, or leave them out")
	case database == "":
		return errors.New("--bus is for several servers on one PostgreSQL database: name it with --database, or leave --bus out")
	default:
		return f.options().Check()
	}
}

// over returns how the server tells others what is new, nil for the way through the database.
func (f busFlags) over() datafolder.Bus {
	if f.Bus == "" {
		return nil
	}
	return func(serverID func(context.Context) (string, error)) bus.Carrier {
		return natsbus.New(f.options(), serverID)
	}
}
