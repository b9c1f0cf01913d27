# Converts a scenario, a tape or a bug's folder from before the names of 0.1.0:
#
#     sed -i -f docs/convert-old-names.sed my-scenario.toml
#
# Nothing is converted twice: what is new is left alone. A tape of format 1 names its calls by what
# they were for, which no text can turn into their number; record it again.
s/\bno_belief_overlap\b/no_double_ownership/g
s/\bno_effect_overlap\b/no_write_without_ownership/g
s/\bcalls_take_turns\b/calls_are_exclusive/g
s/\bfreeze_every\b/pause_every/g
s/\bfreeze_for\b/pause_for/g
s/\bfreeze_stops_clock\b/pause_stops_clock/g
s/\bfrozen_inbound\b/paused_inbound/g
s/do = "freeze"/do = "pause"/g
s/way = "deaf"/way = "inbound"/g
s/way = "mute"/way = "outbound"/g
s/\(s[0-9][0-9]*\) freeze \([0-9]\)/\1 pause \2/g
s/\([0-9]\) goes astray"/\1 has wrong scope"/g
s/:thaw"/:resumed"/g
s/a skewed clock overtook a believing owner/a skewed clock overtook an owner/g
s/a believing owner was overtaken/an owner was overtaken/g
s/a frozen holder was overtaken/a paused owner was overtaken/g
s/a save was refused after a freeze/a save was rejected after a pause/g
s/a write went astray/a write had the wrong scope/g
s/a session was deaf/a session was not subscribed/g
s/\(k[0-9][0-9]*\) receipt \([0-9][0-9]*\) is not noted/\1 grant \2 is not noted/g
s/^\(.*\)items_are_neither_duplicated_nor_lost\(.*\)$/\1items_are_not_duplicated\2\
\1items_are_not_lost\2/
