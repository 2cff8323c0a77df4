# Reports by Perl's formats: a register of the rarest condition, and a summary by blood group.
use strict; use warnings;
my (@rare, %n, %iron);
my $head = <STDIN>;
while (<STDIN>) { chomp; my @f = split /,/;
  push @rare, \@f if $f[5] eq 'Hb Lepore';
  $n{$f[9]}{$f[2]}++; $iron{$f[9]} += $f[16]; }
our ($unit, $sex, $age, $fer, $hb);
format RARE_TOP =
Register extract                                   Page @<
$%
Site          Sex     Age  Ferritin   Hb g/L
------------- ------- ---- --------- -------
.
format RARE =
@<<<<<<<<<<<< @<<<<<< @>>> @>>>>>>>> @>>>>>>
$unit,        $sex,   $age, $fer,    $hb
.
open(RARE, '>', 'files/shell/perl_register.txt') or die;
for (@rare) { ($unit, $sex, $age, $fer, $hb) = @$_[1, 2, 4, 16, 20]; write RARE; }
close RARE;
our ($group, $f, $m, $all, $mean);
format SUMS_TOP =
Group    Female     Male      All   Mean ferritin
=====  ========  =======  =======  ==============
.
format SUMS =
@<<<<  @#######  @######  @######  @#########.#
$group, $f,      $m,      $all,    $mean
.
open(SUMS, '>', 'files/shell/perl_blood_groups.txt') or die;
for (sort keys %n) { ($group, $f, $m) = ($_, $n{$_}{female}, $n{$_}{male});
  $all = $f + $m; $mean = $iron{$_} / $all; write SUMS; }
close SUMS;
