"""What stands below a fund's page: any period, broadcasts, waits, what is open, the terms of the equation, accounts."""
