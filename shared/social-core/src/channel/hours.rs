//! Opening hours: when a channel's interactions are opened, in its own time zone.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;

/// Days ahead in which the next opening is looked for.
const LOOK_AHEAD_DAYS: i32 = 400;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When a channel is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningHours {
    zone: TimeZone,
    /// From Monday on: minutes of the day, from and until.
    week: [Vec<(i16, i16)>; 7],
    holidays: Vec<Holiday>,
    /// What becomes of messages that come while it is closed.
    pub when_closed: WhenClosed,
}

/// What becomes of messages that come while a channel is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenClosed {
    /// They wait, in order, until it opens.
    #[default]
    Hold,
    /// They open interactions that say so.
    Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holiday {
    Once(Date),
    /// Month and day of every year.
    Yearly(i8, i8),
}

/// As an administrator writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    time_zone: String,
    week: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    when_closed: WhenClosed,
}

impl OpeningHours {
    /// Whether the channel is open.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let local = now.to_zoned(self.zone.clone());
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        self.of(local.date()).iter().any(|(from, until)| (*from..*until).contains(&minute))
    }

    /// When it opens next.
    pub fn opens_after(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        (0..LOOK_AHEAD_DAYS).find_map(|days| {
            let date = today.checked_add(days.days()).ok()?;
            let openings = self.of(date).iter().filter_map(|(from, _)| self.instant(date, *from));
            openings.filter(|opening| *opening > now).min()
        })
    }

    fn instant(&self, date: Date, minute: i16) -> Option<Timestamp> {
        let midnight = date.at(0, 0, 0, 0);
        let local = midnight.checked_add(i32::from(minute).minutes()).ok()?;
        Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
    }

    fn of(&self, date: Date) -> &[(i16, i16)] {
        let is_holiday = |holiday: &Holiday| match holiday {
            Holiday::Once(day) => *day == date,
            Holiday::Yearly(month, day) => (*month, *day) == (date.month(), date.day()),
        };
        if self.holidays.iter().any(is_holiday) {
            return &[];
        }
        let day = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        self.week.get(day).map_or(&[], Vec::as_slice)
    }
}

impl Written {
    /// Says what is wrong, by the part it is in.
    pub(super) fn parse(&self) -> Result<OpeningHours, String> {
        let zone = TimeZone::get(&self.time_zone).map_err(|_| {
            format!("time_zone {:?} is no zone such as Europe/Berlin", self.time_zone)
        })?;
        let mut week: [Vec<(i16, i16)>; 7] = Default::default();
        for (days, ranges) in &self.week {
            let ranges: Vec<(i16, i16)> = ranges
                .iter()
                .map(|written| {
                    range(written).ok_or_else(|| {
                        format!(
                            "week {days} {written:?} is no time such as 08:00-18:00, within one day"
                        )
                    })
                })
                .collect::<Result<_, _>>()?;
            let span = span(days).ok_or_else(|| {
                format!("week {days:?} is no day such as mon, and no days such as mon-fri")
            })?;
            for hours in week.get_mut(span).into_iter().flatten() {
                hours.extend(&ranges);
            }
        }
        if week.iter().all(Vec::is_empty) {
            return Err("week names no time at which the channel is open".to_owned());
        }
        let holidays = self.holidays.iter().map(|written| {
            holiday(written).ok_or_else(|| {
                format!(
                    "holidays {written:?} is no day such as 2026-12-25, or 12-25 for every year"
                )
            })
        });
        let holidays = holidays.collect::<Result<_, _>>()?;
        Ok(OpeningHours { zone, week, holidays, when_closed: self.when_closed })
    }
}

/// `mon`, or `mon-fri`.
fn span(days: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let day = |name: &str| DAYS.iter().position(|day| name.trim().eq_ignore_ascii_case(day));
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    (first <= last).then_some(first..=last)
}

/// `08:00-18:00`; a day ends at `24:00`.
fn range(written: &str) -> Option<(i16, i16)> {
    let (from, until) = written.split_once('-')?;
    let (from, until) = (minute(from)?, minute(until)?);
    (from < until).then_some((from, until))
}

fn minute(written: &str) -> Option<i16> {
    let (hour, minute) = written.trim().split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (i16, i16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    ((0..60).contains(&minute) && (0..=24 * 60).contains(&total)).then_some(total)
}

fn holiday(written: &str) -> Option<Holiday> {
    if let Ok(date) = written.parse::<Date>() {
        return Some(Holiday::Once(date));
    }
    let (month, day) = written.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // A leap year, so that the 29th of February is a day.
    Date::new(2024, month, day).ok().map(|_| Holiday::Yearly(month, day))
}

#[cfg(test)]
mod tests;
