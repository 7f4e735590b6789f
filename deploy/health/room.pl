# Whether a room answers on its unix socket: `GET /healthz` by 200. For the health check of a container, every few
# seconds: Perl is in every image of Debian's, and there in a tenth of the time that Node takes.
use strict;
use warnings;
use IO::Socket::UNIX;

alarm 3;
my ($path) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or exit 1;
$socket->autoflush(1);
print $socket "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
my $status = <$socket>;
exit(defined $status && $status =~ m{^HTTP/1\.1 200 } ? 0 : 1);
