# Whether the store answers, and has read all that it kept: PING with the password of its own configuration.
# Perl is in every image of Debian's; the store's own client is not in all of them.
use strict;
use warnings;
use IO::Socket::UNIX;

alarm 3;
my ($config) = @ARGV;
open my $lines, '<', $config or exit 1;
my %settings = map { /^(unixsocket|requirepass) "(.*)"$/ ? ($1 => $2) : () } <$lines>;

my $socket = IO::Socket::UNIX->new(Peer => $settings{unixsocket}) or exit 1;
$socket->autoflush(1);
print $socket "AUTH $settings{requirepass}\r\nPING\r\n";
my @answers = (scalar <$socket>, scalar <$socket>);
exit((grep { defined && /^\+PONG/ } @answers) ? 0 : 1);
